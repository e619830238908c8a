// Tables that scroll sideways can be reached and moved with the keyboard.
function reachable() {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) table.tabIndex = 0;
}
window.addEventListener("load", reachable);
