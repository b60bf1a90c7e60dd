// Cards of the character that was picked; the theme button; links that pick for the reader.
const picker = document.getElementById("who");

function pick(who) {
  picker.value = who;
  for (const group of document.querySelectorAll(".group")) group.hidden = group.dataset.who !== picker.value;
}

if (picker) {
  picker.addEventListener("change", () => { stop(); pick(picker.value); });
  pick(picker.value);
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", () => {
      pick(button.dataset.pick);
      document.getElementById("listen").scrollIntoView();
      picker.focus({ preventScroll: true });
    });
  }
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
