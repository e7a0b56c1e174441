// What a page must never take for anything but text (RELIABILITY.md W1): ways of running a script, in the wrappings they come in.
// Each calls `pwned(n)`, so that one that ran can be told from the rest.

const TAGS = [
  (run) => `<script>${run}</script>`,
  (run) => `<script src="data:text/javascript,${run}"></script>`,
  (run) => `<img src=x onerror=${run}>`,
  (run) => `<svg onload=${run}>`,
  (run) => `<svg><script>${run}</script></svg>`,
  (run) => `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  (run) => `<body onload=${run}>`,
  (run) => `<input autofocus onfocus=${run}>`,
  (run) => `<details open ontoggle=${run}><summary>x</summary></details>`,
  (run) => `<video><source onerror=${run}></video>`,
  (run) => `<audio src=x onerror=${run}>`,
  (run) => `<iframe src="javascript:${run}"></iframe>`,
  (run) => `<iframe srcdoc="<script>${run}</script>"></iframe>`,
  (run) => `<object data="javascript:${run}"></object>`,
  (run) => `<embed src="javascript:${run}">`,
  (run) => `<a href="javascript:${run}" autofocus onfocus=${run}>x</a>`,
  (run) => `<form action="javascript:${run}"><button autofocus>x</button></form>`,
  (run) => `<button formaction="javascript:${run}" autofocus>x</button>`,
  (run) => `<math><maction actiontype="statusline#" xlink:href="javascript:${run}">x</maction></math>`,
  (run) => `<meta http-equiv="refresh" content="0;url=javascript:${run}">`,
  (run) => `<link rel=stylesheet href="data:text/css,*{}" onload=${run}>`,
  (run) => `<style onload=${run}>*{background:url("https://evil.example/")}</style>`,
  (run) => `<base href="javascript:${run}//">`,
  (run) => `<template><img src=x onerror=${run}></template>`,
  (run) => `<noscript><p title="</noscript><img src=x onerror=${run}>">`,
  (run) => `<xmp><p title="</xmp><img src=x onerror=${run}>">`,
  (run) => `<dialog open><form method=dialog><input onfocus=${run} autofocus></form></dialog>`,
  (run) => `<div popover id=p onbeforetoggle=${run}></div>`,
  (run) => `<marquee onstart=${run}>x</marquee>`,
  (run) => `<isindex type=image src=x onerror=${run}>`,
  (run) => `[x](javascript:${run})`,
  (run) => `![x](javascript:${run})`,
  (run) => `[x]: javascript:${run}`,
  (run) => `<javascript:${run}>`,
  (run) => `\${${run}}`,
  (run) => `{{constructor.constructor('${run}')()}}`,
  (run) => `';${run}//`,
  (run) => `</script><script>${run}</script>`,
];

const WRAPPINGS = [
  (payload) => payload,
  (payload) => `">${payload}`,
  (payload) => `'>${payload}`,
  (payload) => `--></style></textarea></title>${payload}`,
  (payload) => payload.replace(/<(\/?)(\w+)/g, (_, slash, tag) => `<${slash}${[...tag].map((c, at) => (at % 2 ? c.toUpperCase() : c)).join('')}`),
  (payload) => payload.replace(/</g, '&lt;').replace(/>/g, '&gt;'),
  (payload) => payload.replace(/ /g, '\u000c').replace(/javascript:/g, 'java\tscript:'),
  (payload) => payload.replace(/</g, '\\u003c'),
];

/** All of them: three hundred and four. */
export const PAYLOADS = TAGS.flatMap((tag) => WRAPPINGS.map((wrap) => ({ tag, wrap }))).map(({ tag, wrap }, at) => wrap(tag(`pwned(${at})`)));
