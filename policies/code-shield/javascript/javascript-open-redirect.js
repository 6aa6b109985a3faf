app.get('/go', (req, res) => {
  // ruleid: javascript-open-redirect
  res.redirect(req.query.next);
  // ruleid: javascript-open-redirect
  res.redirect(302, req.query.url);
  // ruleid: javascript-open-redirect
  res.redirect(req.body.target);
  // ok: javascript-open-redirect
  res.redirect('/home');
  // ok: javascript-open-redirect
  res.redirect(paths[req.query.page]);
  // ok: javascript-open-redirect
  res.redirect(safeUrl);
});
