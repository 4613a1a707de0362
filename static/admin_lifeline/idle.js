// A page whose session is over shows nothing any more (ASVS 5.0 14.3.1): it leads to where one signs in. What was
// typed and not sent stays, out of sight, until its writer sends it: the server keeps it for them and does nothing.
(function () {
  "use strict";
  var told = document.currentScript.dataset, typed = null, begun = Date.now();
  var whole = begun + told.wholeS * 1000, ends = Math.min(begun + told.idleS * 1000, whole);
  var others = new BroadcastChannel("lifeline-session");

  function element(name, text) {
    var made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function showOnlyThatItIsOver() {
    var main = document.createElement("main"), button = element("button", "Sign in and look at it again");
    var says = element("p", "What you typed is out of sight. You sign in, and see it once more before it is sent.");
    main.id = "content";
    main.className = "over";
    says.setAttribute("role", "alert");
    button.type = "button";
    button.className = "button default";
    button.addEventListener("click", function () { HTMLFormElement.prototype.submit.call(typed); });
    main.append(element("h1", "You were signed out"), says, button);
    typed.hidden = true;
    document.body.replaceChildren(main, typed);
    document.title = "You were signed out | Lifeline";
    button.focus();
  }

  function look() {
    if (Date.now() < ends) return;
    clearInterval(clock);
    if (typed) showOnlyThatItIsOver();
    else window.location.replace(window.location.pathname + window.location.search);
  }

  var clock = setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.method === "post") typed = form;
  });
  document.addEventListener("submit", function (event) {
    if (event.target.id === "logout-form") others.postMessage("left");
  });
  // Another page of the same session was opened, or signs out: a moment later the server knows.
  others.addEventListener("message", function (event) {
    ends = event.data === "left" ? Date.now() + 2000 : Math.min(Date.now() + told.idleS * 1000, whole);
  });
  others.postMessage("used");
})();
