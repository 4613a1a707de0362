// The page works without this file. It saves typing where a slip's square was photographed: the code comes in
// the address's fragment, which no server ever sees, and must not stay in the address or the history.
(function () {
  "use strict";

  var form = document.getElementById("ask");
  var exit = document.getElementById("exit");

  function takeCode() {
    var code = location.hash.slice(1);
    if (code.replace(/[^0-9A-Za-z]/g, "").length < 20) return;
    history.replaceState(null, "", location.pathname);
    document.getElementById("code").value = code;
    form.submit();
  }

  if (form) {
    takeCode();
    window.addEventListener("hashchange", takeCode);
  }

  // Replacing leaves no way back to what was read here.
  if (exit) {
    exit.addEventListener("click", function (event) {
      event.preventDefault();
      document.body.textContent = "";
      location.replace(exit.href);
    });
  }
})();
