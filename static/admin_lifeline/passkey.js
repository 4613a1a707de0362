// A form with data-passkey asks the browser for a passkey before it is sent. Without this file, or in a browser
// that has no passkeys, the other ways beside it work.
(function () {
  "use strict";

  function toBytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  function toText(buffer) {
    var plain = Array.from(new Uint8Array(buffer), function (each) { return String.fromCharCode(each); }).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function named(list) {
    return (list || []).map(function (each) { return Object.assign({}, each, { id: toBytes(each.id) }); });
  }

  // What the server asks, with bytes where the browser wants bytes.
  function wanted(told) {
    var asked = Object.assign({}, told.publicKey, { challenge: toBytes(told.publicKey.challenge) });
    if (asked.user) asked.user = Object.assign({}, asked.user, { id: toBytes(asked.user.id) });
    if (asked.allowCredentials) asked.allowCredentials = named(asked.allowCredentials);
    if (asked.excludeCredentials) asked.excludeCredentials = named(asked.excludeCredentials);
    return { publicKey: asked };
  }

  function written(credential) {
    var said = credential.response, fields = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (said[name]) fields[name] = toText(said[name]);
    });
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: fields,
      clientExtensionResults: {}
    });
  }

  function why(error) {
    if (error.name === "NotAllowedError") return "No passkey was given, or it took too long. Try again, or use another way.";
    if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
    if (error.name === "SecurityError") return "Passkeys do not work at this address. Use another way.";
    return error.told || "The browser could not ask for a passkey. Use another way.";
  }

  async function ask(form) {
    var token = form.querySelector("[name=csrfmiddlewaretoken]"), step = form.querySelector("[name=step]");
    var body = new URLSearchParams({ csrfmiddlewaretoken: token.value, step: step ? step.value : "" });
    var answer = await fetch(form.dataset.options, { method: "POST", body: body, credentials: "same-origin" });
    if (!answer.ok) {
      var told = await answer.json().catch(function () { return {}; });
      throw { told: told.error || "Please load this page again." };
    }
    var options = wanted(await answer.json()), browser = navigator.credentials;
    return form.dataset.passkey === "create" ? browser.create(options) : browser.get(options);
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var says = form.querySelector("[data-passkey-says]"), button = form.querySelector("button");
    var field = form.querySelector("[name='" + (form.dataset.answer || "answer") + "']");

    function say(text) {
      says.textContent = text;
      says.hidden = false;
      button.disabled = false;
    }

    if (!window.PublicKeyCredential || form.querySelector("[data-passkey-wrong-name]")) {
      button.disabled = true;
      if (!window.PublicKeyCredential) {
        says.textContent = "This browser has no passkeys here. Use another way.";
        says.hidden = false;
      }
      return;
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      button.disabled = true;
      ask(form).then(function (credential) {
        field.value = written(credential);
        form.submit();
      }).catch(function (error) { say(why(error)); });
    });
  });
})();
