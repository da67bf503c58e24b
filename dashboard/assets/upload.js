// Enhances sending files: drag and drop, how far it is, live stages. Without it the page works by plain forms and reloads.
(() => {
  const going = document.querySelector("[data-events]");
  if (going) {
    const events = new EventSource(going.dataset.events);
    events.addEventListener("stage", (event) => {
      const at = event.data.indexOf(" ");
      const bar = going.querySelector("progress"), text = going.querySelector(".stage");
      if (bar) { bar.value = event.data.slice(0, at); }
      if (bar && text) { text.textContent = event.data.slice(at + 1); }
    });
    events.addEventListener("reload", () => { events.close(); location.reload(); });
  }
  const form = document.querySelector("form.upload");
  if (!form) { return; }
  const input = form.querySelector("input[type=file]"), drop = form.querySelector(".drop");
  const list = form.querySelector(".chosen-files"), sending = form.querySelector(".sending");
  const show = () => list.replaceChildren(...[...input.files].map((file) => {
    const line = document.createElement("li");
    line.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1024))} KB`;
    return line;
  }));
  form.querySelector(".hint").hidden = false;
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) { drop.addEventListener(kind, () => drop.classList.remove("over")); }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...input.files], told = form.dataset;
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const why = files.length > told.files ? told.tooMany : bytes > told.bytes ? told.tooLarge : "";
    sending.hidden = false;
    sending.querySelector("progress").hidden = why !== "";
    sending.querySelector("span").textContent = why || told.sending;
    if (why) { return; }
    const data = new FormData(form, event.submitter);
    data.append("live", "1");
    // The order of fields is the form's: files come after the token, and the server counts on it.
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    for (const button of form.querySelectorAll("button")) { button.disabled = true; }
    request.upload.onprogress = (told) => { sending.querySelector("progress").value = 100 * told.loaded / told.total; };
    request.onload = () => {
      if (request.status < 300) { location.assign(request.responseURL); return; }
      const told = request.response && request.response.querySelector("main");
      if (told) { document.querySelector("main").replaceWith(document.adoptNode(told)); } else { location.reload(); }
    };
    request.onerror = () => location.reload();
    request.send(data);
  });
})();
