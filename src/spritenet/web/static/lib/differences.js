// Layers that TensorFlow.js computes otherwise than Keras, whose formulas are ours.

const KERAS = ' as Keras has it';

/** @type {Record<string, (config: Record<string, any>) => string>} */
const MISSING = {
  CenterCrop: () => `CenterCrop${KERAS}`,
  DepthwiseConv2D: ({ dilation_rate: rate }) =>
    [rate].flat().some((side) => (side ?? 1) !== 1) ? 'DepthwiseConv2D with a dilation_rate' : '',
  Resizing: () => `Resizing${KERAS}`,
  UpSampling2D: ({ interpolation }) =>
    interpolation === 'bilinear' ? `interpolation='bilinear'${KERAS}` : '',
};

/**
 * Returns a line for each layer that TensorFlow.js, which saved the model, computes otherwise.
 *
 * @param {unknown} generatedBy
 * @param {readonly { name: string, className: string, config: Record<string, any> }[]} layers
 * @returns {string[]}
 */
export function differences(generatedBy, layers) {
  if (!String(generatedBy).startsWith('TensorFlow.js')) return [];
  return layers.flatMap(({ name, className, config }) => {
    const missing = Object.hasOwn(MISSING, className) ? MISSING[className](config) : '';
    const line = `${name}: TensorFlow.js, which saved the model, has no ${missing}`;
    return missing ? [`${line}: outputs differ from its`] : [];
  });
}
