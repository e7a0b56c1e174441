// Files dropped anywhere on the page are files to be added.

/** Calls `add` with what is dropped. */
export function acceptDrops(add) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  for (const name of ['dragleave', 'drop']) addEventListener(name, (event) => event.relatedTarget || document.body.classList.remove('dropping'));
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]); // the event's own list is emptied once it is over
  });
}
