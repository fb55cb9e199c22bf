// The curves of a training: SVG that Python draws, put in place whenever it changes.

/**
 * @param {{ model: any, el: HTMLElement }} view
 * @returns {() => void}
 */
function render({ model, el }) {
  const show = () => {
    // Python escapes every text in it: spritenet.charts.svg.
    el.innerHTML = model.get('content') || 'No training yet.';
  };
  model.on('change:content', show);
  show();
  return () => model.off('change:content', show);
}

export default { render };
