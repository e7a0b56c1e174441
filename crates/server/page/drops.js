// Files dropped anywhere on the page are files to be added, by those who may.

/** Calls `add` with what is dropped, while `may` says so. */
export function acceptDrops(add, may) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // also where it is refused: the browser would leave the page and open the file
    if (may()) document.body.classList.add('dropping');
    else event.dataTransfer.dropEffect = 'none';
  });
  for (const name of ['dragleave', 'drop']) addEventListener(name, (event) => event.relatedTarget || document.body.classList.remove('dropping'));
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (may()) add([...event.dataTransfer.files]); // the event's own list is emptied once it is over
  });
}
