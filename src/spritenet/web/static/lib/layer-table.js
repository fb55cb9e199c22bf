// Every layer and its arguments. Written by tools/layer_lists.py; don't edit.

/**
 * @typedef {object} Argument
 * @property {unknown} [default]  without one it is required
 * @property {'number' | 'whole' | 'flag' | 'choice' | 'initializer' | 'regularizer'} [kind]
 * @property {readonly string[]} [choices]
 * @property {number} [count]  of numbers; -3: one to three, or none
 * @property {number} [least]
 * @property {number} [most]
 */

/** @type {Readonly<Record<string, { inputs: [number, number], arguments: Readonly<Record<string, Argument>> }>>} */
export const LAYERS = {
  Activation: {
    inputs: [1, 1],
    arguments: {
      activation: {
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
    },
  },
  Add: { inputs: [2, 256], arguments: {} },
  Average: { inputs: [2, 256], arguments: {} },
  AveragePooling2D: {
    inputs: [1, 1],
    arguments: {
      pool_size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: null, kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
    },
  },
  BatchNormalization: {
    inputs: [1, 1],
    arguments: {
      axis: { default: -1 },
      momentum: { default: 0.99, kind: 'number', count: 1, least: 0.0 },
      epsilon: { default: 0.001, kind: 'number', count: 1, least: 0.0 },
      center: { default: true, kind: 'flag' },
      scale: { default: true, kind: 'flag' },
      beta_initializer: { default: 'zeros', kind: 'initializer' },
      gamma_initializer: { default: 'ones', kind: 'initializer' },
      moving_mean_initializer: { default: 'zeros', kind: 'initializer' },
      moving_variance_initializer: { default: 'ones', kind: 'initializer' },
      beta_regularizer: { default: null, kind: 'regularizer' },
      gamma_regularizer: { default: null, kind: 'regularizer' },
    },
  },
  Concatenate: { inputs: [2, 256], arguments: { axis: { default: -1 } } },
  Conv2D: {
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      activation: {
        default: 'linear',
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      groups: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
    },
  },
  Conv2DTranspose: {
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      output_padding: { default: null, kind: 'whole', count: 2, least: 0, most: 4096 },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      activation: {
        default: 'linear',
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
    },
  },
  Cropping2D: {
    inputs: [1, 1],
    arguments: {
      cropping: {
        default: [
          [0, 0],
          [0, 0],
        ],
        kind: 'whole',
        count: 4,
        least: 0,
        most: 4096,
      },
    },
  },
  Dense: {
    inputs: [1, 1],
    arguments: {
      units: { kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: {
        default: 'linear',
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
    },
  },
  DepthwiseConv2D: {
    inputs: [1, 1],
    arguments: {
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      depth_multiplier: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: {
        default: 'linear',
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
      use_bias: { default: true, kind: 'flag' },
      depthwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      depthwise_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
    },
  },
  Dropout: { inputs: [1, 1], arguments: { rate: { kind: 'number', count: 1, least: 0.0 } } },
  ELU: {
    inputs: [1, 1],
    arguments: { alpha: { default: 1.0, kind: 'number', count: 1, least: 0.0 } },
  },
  Flatten: { inputs: [1, 1], arguments: {} },
  GlobalAveragePooling2D: {
    inputs: [1, 1],
    arguments: { keepdims: { default: false, kind: 'flag' } },
  },
  GlobalMaxPooling2D: { inputs: [1, 1], arguments: { keepdims: { default: false, kind: 'flag' } } },
  Identity: { inputs: [1, 1], arguments: {} },
  LeakyReLU: {
    inputs: [1, 1],
    arguments: { negative_slope: { default: 0.3, kind: 'number', count: 1, least: 0.0 } },
  },
  Maximum: { inputs: [2, 256], arguments: {} },
  MaxPooling2D: {
    inputs: [1, 1],
    arguments: {
      pool_size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: null, kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
    },
  },
  Minimum: { inputs: [2, 256], arguments: {} },
  Multiply: { inputs: [2, 256], arguments: {} },
  Permute: { inputs: [1, 1], arguments: { dims: { kind: 'whole', count: -3, least: 1, most: 3 } } },
  PReLU: {
    inputs: [1, 1],
    arguments: {
      alpha_initializer: { default: 'zeros', kind: 'initializer' },
      alpha_regularizer: { default: null, kind: 'regularizer' },
      shared_axes: { default: null, kind: 'whole', count: -3, least: 1, most: 3 },
    },
  },
  ReLU: {
    inputs: [1, 1],
    arguments: {
      max_value: { default: null, kind: 'number', count: 1, least: 0.0 },
      negative_slope: { default: 0.0, kind: 'number', count: 1, least: 0.0 },
    },
  },
  Rescaling: {
    inputs: [1, 1],
    arguments: {
      scale: { kind: 'number', count: 1 },
      offset: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  Reshape: {
    inputs: [1, 1],
    arguments: { target_shape: { kind: 'whole', count: -3, least: -1, most: 16777216 } },
  },
  SeparableConv2D: {
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      depth_multiplier: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: {
        default: 'linear',
        kind: 'choice',
        choices: [
          'linear',
          'relu',
          'relu6',
          'leaky_relu',
          'elu',
          'gelu',
          'sigmoid',
          'tanh',
          'softmax',
        ],
      },
      use_bias: { default: true, kind: 'flag' },
      depthwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      pointwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      depthwise_regularizer: { default: null, kind: 'regularizer' },
      pointwise_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
    },
  },
  Softmax: { inputs: [1, 1], arguments: { axis: { default: -1 } } },
  Subtract: { inputs: [2, 2], arguments: {} },
  UpSampling2D: {
    inputs: [1, 1],
    arguments: {
      size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      interpolation: { default: 'nearest', kind: 'choice', choices: ['nearest', 'bilinear'] },
    },
  },
  ZeroPadding2D: {
    inputs: [1, 1],
    arguments: { padding: { default: [1, 1], kind: 'whole', count: 4, least: 0, most: 4096 } },
  },
};
