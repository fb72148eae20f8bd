// A click on a choice of a quiz question says whether it is right, and why.
document.addEventListener("click", (event) => {
  const choice = event.target.closest(".gv-choice");
  if (!choice || choice.classList.contains("gv-chosen")) return;
  choice.classList.add("gv-chosen");
  const verdict = document.createElement("strong");
  verdict.textContent = choice.dataset.right === "true" ? "Right. " : "Not right. ";
  const reason = choice.closest("p").nextElementSibling.querySelector(".gv-reason");
  reason.querySelector("p").prepend(verdict);
  reason.hidden = false;
});
