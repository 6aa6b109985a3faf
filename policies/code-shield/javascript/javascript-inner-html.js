import DOMPurify from 'dompurify';

export function Bad({ html, name }) {
  // ruleid: javascript-inner-html
  document.getElementById('a').innerHTML = name;
  // ruleid: javascript-inner-html
  el.innerHTML += `<li>${name}</li>`;
  // ruleid: javascript-inner-html
  el.insertAdjacentHTML('beforeend', '<b>' + name + '</b>');
  // ruleid: javascript-inner-html
  $('#a').html(name);
  // ok: javascript-inner-html
  $('#a').html('<br>');
  // ok: javascript-inner-html
  $('#a').html();
  // ruleid: javascript-inner-html
  return <div dangerouslySetInnerHTML={{ __html: html }} />;
}

export function Good({ html, name }) {
  // ok: javascript-inner-html
  el.textContent = name;
  // ok: javascript-inner-html
  el.innerHTML = '';
  // ok: javascript-inner-html
  el.innerHTML = '<b>constant</b>';
  // ok: javascript-inner-html
  el.innerHTML = DOMPurify.sanitize(html);
  // ok: javascript-inner-html
  const before = el.innerHTML;
  // ok: javascript-inner-html
  return <div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(html) }} />;
}
