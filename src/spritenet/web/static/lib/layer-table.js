// Every layer and its arguments. Written by tools/layer_lists.py; don't edit.

/**
 * @typedef {object} Argument
 * @property {unknown} [default]  without one it is required
 * @property {'number' | 'whole' | 'flag' | 'choice' | 'initializer' | 'regularizer' | 'constraint' | 'values'} [kind]
 * @property {readonly string[]} [choices]
 * @property {number} [count]  of numbers; -3: one to three, or none
 * @property {number} [least]
 * @property {number} [most]
 */

/**
 * @typedef {object} Row
 * @property {string} maker  the function of `layers`
 * @property {readonly number[]} inputs  the fewest and the most
 * @property {Readonly<Record<string, Argument>>} arguments
 */

/** @typedef {'activation' | 'add' | 'alphaDropout' | 'average' | 'averagePooling2d' | 'batchNormalization' | 'centerCrop' | 'concatenate' | 'conv2d' | 'conv2dTranspose' | 'cropping2D' | 'cutMix' | 'dense' | 'depthwiseConv2d' | 'dropout' | 'elu' | 'flatten' | 'gaussianDropout' | 'gaussianNoise' | 'globalAveragePooling2d' | 'globalMaxPooling2d' | 'groupNormalization' | 'identity' | 'layerNormalization' | 'leakyReLU' | 'maximum' | 'maxPooling2d' | 'minimum' | 'mixUp' | 'multiply' | 'normalization' | 'permute' | 'prelu' | 'randomBrightness' | 'randomContrast' | 'randomCrop' | 'randomElasticTransform' | 'randomErasing' | 'randomFlip' | 'randomRotation' | 'randomShear' | 'randomTranslation' | 'randomZoom' | 'reLU' | 'rescaling' | 'reshape' | 'resizing' | 'rMSNormalization' | 'separableConv2d' | 'softmax' | 'spatialDropout2d' | 'subtract' | 'unitNormalization' | 'upSampling2d' | 'zeroPadding2d'} LayerName */

/** @type {Readonly<Record<string, Row>>} */
export const LAYERS = {
  Activation: {
    maker: 'activation',
    inputs: [1, 1],
    arguments: { activation: { kind: 'choice' } },
  },
  Add: { maker: 'add', inputs: [2, 256], arguments: {} },
  AlphaDropout: {
    maker: 'alphaDropout',
    inputs: [1, 1],
    arguments: { rate: { kind: 'number', count: 1, least: 0.0 } },
  },
  Average: { maker: 'average', inputs: [2, 256], arguments: {} },
  AveragePooling2D: {
    maker: 'averagePooling2d',
    inputs: [1, 1],
    arguments: {
      pool_size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: null, kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
    },
  },
  BatchNormalization: {
    maker: 'batchNormalization',
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
      beta_constraint: { default: null, kind: 'constraint' },
      gamma_constraint: { default: null, kind: 'constraint' },
    },
  },
  CenterCrop: {
    maker: 'centerCrop',
    inputs: [1, 1],
    arguments: {
      height: { kind: 'whole', count: 1, least: 1, most: 4096 },
      width: { kind: 'whole', count: 1, least: 1, most: 4096 },
    },
  },
  Concatenate: { maker: 'concatenate', inputs: [2, 256], arguments: { axis: { default: -1 } } },
  Conv2D: {
    maker: 'conv2d',
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      activation: { default: 'linear', kind: 'choice' },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      kernel_constraint: { default: null, kind: 'constraint' },
      bias_constraint: { default: null, kind: 'constraint' },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      groups: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
    },
  },
  Conv2DTranspose: {
    maker: 'conv2dTranspose',
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      output_padding: { default: null, kind: 'whole', count: 2, least: 0, most: 4096 },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      activation: { default: 'linear', kind: 'choice' },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      kernel_constraint: { default: null, kind: 'constraint' },
      bias_constraint: { default: null, kind: 'constraint' },
    },
  },
  Cropping2D: {
    maker: 'cropping2D',
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
  CutMix: {
    maker: 'cutMix',
    inputs: [1, 1],
    arguments: { factor: { default: 1.0, kind: 'number', count: -2, least: 0.0 } },
  },
  Dense: {
    maker: 'dense',
    inputs: [1, 1],
    arguments: {
      units: { kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: { default: 'linear', kind: 'choice' },
      use_bias: { default: true, kind: 'flag' },
      kernel_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      kernel_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      kernel_constraint: { default: null, kind: 'constraint' },
      bias_constraint: { default: null, kind: 'constraint' },
    },
  },
  DepthwiseConv2D: {
    maker: 'depthwiseConv2d',
    inputs: [1, 1],
    arguments: {
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      depth_multiplier: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: { default: 'linear', kind: 'choice' },
      use_bias: { default: true, kind: 'flag' },
      depthwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      depthwise_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      depthwise_constraint: { default: null, kind: 'constraint' },
      bias_constraint: { default: null, kind: 'constraint' },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
    },
  },
  Dropout: {
    maker: 'dropout',
    inputs: [1, 1],
    arguments: { rate: { kind: 'number', count: 1, least: 0.0 } },
  },
  ELU: {
    maker: 'elu',
    inputs: [1, 1],
    arguments: { alpha: { default: 1.0, kind: 'number', count: 1, least: 0.0 } },
  },
  Flatten: { maker: 'flatten', inputs: [1, 1], arguments: {} },
  GaussianDropout: {
    maker: 'gaussianDropout',
    inputs: [1, 1],
    arguments: { rate: { kind: 'number', count: 1, least: 0.0 } },
  },
  GaussianNoise: {
    maker: 'gaussianNoise',
    inputs: [1, 1],
    arguments: { stddev: { kind: 'number', count: 1, least: 0.0 } },
  },
  GlobalAveragePooling2D: {
    maker: 'globalAveragePooling2d',
    inputs: [1, 1],
    arguments: { keepdims: { default: false, kind: 'flag' } },
  },
  GlobalMaxPooling2D: {
    maker: 'globalMaxPooling2d',
    inputs: [1, 1],
    arguments: { keepdims: { default: false, kind: 'flag' } },
  },
  GroupNormalization: {
    maker: 'groupNormalization',
    inputs: [1, 1],
    arguments: {
      groups: { default: 32, kind: 'whole', count: 1, least: -1, most: 65536 },
      axis: { default: -1 },
      epsilon: { default: 0.001, kind: 'number', count: 1, least: 0.0 },
      center: { default: true, kind: 'flag' },
      scale: { default: true, kind: 'flag' },
      beta_initializer: { default: 'zeros', kind: 'initializer' },
      gamma_initializer: { default: 'ones', kind: 'initializer' },
      beta_regularizer: { default: null, kind: 'regularizer' },
      gamma_regularizer: { default: null, kind: 'regularizer' },
      beta_constraint: { default: null, kind: 'constraint' },
      gamma_constraint: { default: null, kind: 'constraint' },
    },
  },
  Identity: { maker: 'identity', inputs: [1, 1], arguments: {} },
  LayerNormalization: {
    maker: 'layerNormalization',
    inputs: [1, 1],
    arguments: {
      axis: { default: -1 },
      epsilon: { default: 0.001, kind: 'number', count: 1, least: 0.0 },
      center: { default: true, kind: 'flag' },
      scale: { default: true, kind: 'flag' },
      beta_initializer: { default: 'zeros', kind: 'initializer' },
      gamma_initializer: { default: 'ones', kind: 'initializer' },
      beta_regularizer: { default: null, kind: 'regularizer' },
      gamma_regularizer: { default: null, kind: 'regularizer' },
      beta_constraint: { default: null, kind: 'constraint' },
      gamma_constraint: { default: null, kind: 'constraint' },
    },
  },
  LeakyReLU: {
    maker: 'leakyReLU',
    inputs: [1, 1],
    arguments: { negative_slope: { default: 0.3, kind: 'number', count: 1, least: 0.0 } },
  },
  Maximum: { maker: 'maximum', inputs: [2, 256], arguments: {} },
  MaxPooling2D: {
    maker: 'maxPooling2d',
    inputs: [1, 1],
    arguments: {
      pool_size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: null, kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
    },
  },
  Minimum: { maker: 'minimum', inputs: [2, 256], arguments: {} },
  MixUp: {
    maker: 'mixUp',
    inputs: [1, 1],
    arguments: { alpha: { default: 0.2, kind: 'number', count: 1, least: 0.0 } },
  },
  Multiply: { maker: 'multiply', inputs: [2, 256], arguments: {} },
  Normalization: {
    maker: 'normalization',
    inputs: [1, 1],
    arguments: {
      axis: { default: -1 },
      mean: { default: null, kind: 'values' },
      variance: { default: null, kind: 'values' },
      invert: { default: false, kind: 'flag' },
    },
  },
  Permute: {
    maker: 'permute',
    inputs: [1, 1],
    arguments: { dims: { kind: 'whole', count: -3, least: 1, most: 3 } },
  },
  PReLU: {
    maker: 'prelu',
    inputs: [1, 1],
    arguments: {
      alpha_initializer: { default: 'zeros', kind: 'initializer' },
      alpha_regularizer: { default: null, kind: 'regularizer' },
      alpha_constraint: { default: null, kind: 'constraint' },
      shared_axes: { default: null, kind: 'whole', count: -3, least: 1, most: 3 },
    },
  },
  RandomBrightness: {
    maker: 'randomBrightness',
    inputs: [1, 1],
    arguments: {
      factor: { kind: 'number', count: -2, least: -1.0 },
      value_range: { default: [0, 255], kind: 'number', count: -2 },
    },
  },
  RandomContrast: {
    maker: 'randomContrast',
    inputs: [1, 1],
    arguments: {
      factor: { kind: 'number', count: -2, least: 0.0 },
      value_range: { default: [0, 255], kind: 'number', count: -2 },
    },
  },
  RandomCrop: {
    maker: 'randomCrop',
    inputs: [1, 1],
    arguments: {
      height: { kind: 'whole', count: 1, least: 1, most: 4096 },
      width: { kind: 'whole', count: 1, least: 1, most: 4096 },
    },
  },
  RandomElasticTransform: {
    maker: 'randomElasticTransform',
    inputs: [1, 1],
    arguments: {
      factor: { default: 1.0, kind: 'number', count: -2, least: 0.0 },
      scale: { default: 1.0, kind: 'number', count: -2, least: 0.0 },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
      fill_mode: {
        default: 'reflect',
        kind: 'choice',
        choices: ['reflect', 'wrap', 'constant', 'nearest'],
      },
      fill_value: { default: 0.0, kind: 'number', count: 1 },
      value_range: { default: [0, 255], kind: 'number', count: -2 },
    },
  },
  RandomErasing: {
    maker: 'randomErasing',
    inputs: [1, 1],
    arguments: {
      factor: { default: 1.0, kind: 'number', count: -2, least: 0.0 },
      scale: { default: [0.02, 0.33], kind: 'number', count: -2, least: 0.0 },
      fill_value: { default: null, kind: 'number', count: 1 },
      value_range: { default: [0, 255], kind: 'number', count: -2 },
    },
  },
  RandomFlip: {
    maker: 'randomFlip',
    inputs: [1, 1],
    arguments: {
      mode: {
        default: 'horizontal_and_vertical',
        kind: 'choice',
        choices: ['horizontal_and_vertical', 'horizontal', 'vertical'],
      },
    },
  },
  RandomRotation: {
    maker: 'randomRotation',
    inputs: [1, 1],
    arguments: {
      factor: { kind: 'number', count: -2, least: -1.0 },
      fill_mode: {
        default: 'reflect',
        kind: 'choice',
        choices: ['reflect', 'wrap', 'constant', 'nearest'],
      },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
      fill_value: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  RandomShear: {
    maker: 'randomShear',
    inputs: [1, 1],
    arguments: {
      x_factor: { default: 0.0, kind: 'number', count: -2, least: 0.0 },
      y_factor: { default: 0.0, kind: 'number', count: -2, least: 0.0 },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
      fill_mode: {
        default: 'reflect',
        kind: 'choice',
        choices: ['reflect', 'wrap', 'constant', 'nearest'],
      },
      fill_value: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  RandomTranslation: {
    maker: 'randomTranslation',
    inputs: [1, 1],
    arguments: {
      height_factor: { kind: 'number', count: -2, least: -1.0 },
      width_factor: { kind: 'number', count: -2, least: -1.0 },
      fill_mode: {
        default: 'reflect',
        kind: 'choice',
        choices: ['reflect', 'wrap', 'constant', 'nearest'],
      },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
      fill_value: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  RandomZoom: {
    maker: 'randomZoom',
    inputs: [1, 1],
    arguments: {
      height_factor: { kind: 'number', count: -2, least: -1.0 },
      width_factor: { default: null, kind: 'number', count: -2, least: -1.0 },
      fill_mode: {
        default: 'reflect',
        kind: 'choice',
        choices: ['reflect', 'wrap', 'constant', 'nearest'],
      },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
      fill_value: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  ReLU: {
    maker: 'reLU',
    inputs: [1, 1],
    arguments: {
      max_value: { default: null, kind: 'number', count: 1, least: 0.0 },
      negative_slope: { default: 0.0, kind: 'number', count: 1, least: 0.0 },
      threshold: { default: 0.0, kind: 'number', count: 1, least: 0.0 },
    },
  },
  Rescaling: {
    maker: 'rescaling',
    inputs: [1, 1],
    arguments: {
      scale: { kind: 'number', count: 1 },
      offset: { default: 0.0, kind: 'number', count: 1 },
    },
  },
  Reshape: {
    maker: 'reshape',
    inputs: [1, 1],
    arguments: { target_shape: { kind: 'whole', count: -3, least: -1, most: 16777216 } },
  },
  Resizing: {
    maker: 'resizing',
    inputs: [1, 1],
    arguments: {
      height: { kind: 'whole', count: 1, least: 1, most: 4096 },
      width: { kind: 'whole', count: 1, least: 1, most: 4096 },
      interpolation: { default: 'bilinear', kind: 'choice', choices: ['bilinear', 'nearest'] },
    },
  },
  RMSNormalization: {
    maker: 'rMSNormalization',
    inputs: [1, 1],
    arguments: {
      axis: { default: -1 },
      epsilon: { default: 1e-6, kind: 'number', count: 1, least: 0.0 },
    },
  },
  SeparableConv2D: {
    maker: 'separableConv2d',
    inputs: [1, 1],
    arguments: {
      filters: { kind: 'whole', count: 1, least: 1, most: 65536 },
      kernel_size: { kind: 'whole', count: 2, least: 1, most: 4096 },
      strides: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      padding: { default: 'valid', kind: 'choice', choices: ['valid', 'same'] },
      dilation_rate: { default: [1, 1], kind: 'whole', count: 2, least: 1, most: 4096 },
      depth_multiplier: { default: 1, kind: 'whole', count: 1, least: 1, most: 65536 },
      activation: { default: 'linear', kind: 'choice' },
      use_bias: { default: true, kind: 'flag' },
      depthwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      pointwise_initializer: { default: 'glorot_uniform', kind: 'initializer' },
      bias_initializer: { default: 'zeros', kind: 'initializer' },
      depthwise_regularizer: { default: null, kind: 'regularizer' },
      pointwise_regularizer: { default: null, kind: 'regularizer' },
      bias_regularizer: { default: null, kind: 'regularizer' },
      depthwise_constraint: { default: null, kind: 'constraint' },
      pointwise_constraint: { default: null, kind: 'constraint' },
      bias_constraint: { default: null, kind: 'constraint' },
    },
  },
  Softmax: {
    maker: 'softmax',
    inputs: [1, 1],
    arguments: { axis: { default: -1, kind: 'whole', count: 1, least: -3, most: 3 } },
  },
  SpatialDropout2D: {
    maker: 'spatialDropout2d',
    inputs: [1, 1],
    arguments: { rate: { kind: 'number', count: 1, least: 0.0 } },
  },
  Subtract: { maker: 'subtract', inputs: [2, 2], arguments: {} },
  UnitNormalization: {
    maker: 'unitNormalization',
    inputs: [1, 1],
    arguments: { axis: { default: -1 } },
  },
  UpSampling2D: {
    maker: 'upSampling2d',
    inputs: [1, 1],
    arguments: {
      size: { default: [2, 2], kind: 'whole', count: 2, least: 1, most: 4096 },
      interpolation: { default: 'nearest', kind: 'choice', choices: ['nearest', 'bilinear'] },
    },
  },
  ZeroPadding2D: {
    maker: 'zeroPadding2d',
    inputs: [1, 1],
    arguments: { padding: { default: [1, 1], kind: 'whole', count: 4, least: 0, most: 4096 } },
  },
};

/** The layers without weights. */
export const WITHOUT_WEIGHTS = new Set([
  'Activation',
  'Add',
  'AlphaDropout',
  'Average',
  'AveragePooling2D',
  'CenterCrop',
  'Concatenate',
  'Cropping2D',
  'CutMix',
  'Dropout',
  'ELU',
  'Flatten',
  'GaussianDropout',
  'GaussianNoise',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling2D',
  'Identity',
  'LeakyReLU',
  'Maximum',
  'MaxPooling2D',
  'Minimum',
  'MixUp',
  'Multiply',
  'Permute',
  'RandomBrightness',
  'RandomContrast',
  'RandomCrop',
  'RandomElasticTransform',
  'RandomErasing',
  'RandomFlip',
  'RandomRotation',
  'RandomShear',
  'RandomTranslation',
  'RandomZoom',
  'ReLU',
  'Rescaling',
  'Reshape',
  'Resizing',
  'Softmax',
  'SpatialDropout2D',
  'Subtract',
  'UnitNormalization',
  'UpSampling2D',
  'ZeroPadding2D',
]);

/** The activations: Keras's parameter for each, and another name of the same.
 * @type {Readonly<Record<string, { alpha: number, also?: string }>>} */
export const ACTIVATIONS = {
  linear: { alpha: 0.0 },
  relu: { alpha: 0.0 },
  relu6: { alpha: 0.0 },
  leaky_relu: { alpha: 0.2 },
  elu: { alpha: 1.0, also: 'celu' },
  sigmoid: { alpha: 0.0 },
  tanh: { alpha: 0.0 },
  selu: { alpha: 0.0 },
  softplus: { alpha: 0.0 },
  softsign: { alpha: 0.0 },
  exponential: { alpha: 0.0 },
  hard_sigmoid: { alpha: 0.0 },
  hard_tanh: { alpha: 0.0 },
  hard_shrink: { alpha: 0.5 },
  soft_shrink: { alpha: 0.5 },
  sparse_sigmoid: { alpha: 0.0 },
  squareplus: { alpha: 0.0 },
  log_sigmoid: { alpha: 0.0 },
  gelu: { alpha: 0.0 },
  gelu_new: { alpha: 0.0 },
  silu: { alpha: 0.0, also: 'swish' },
  hard_silu: { alpha: 0.0, also: 'hard_swish' },
  mish: { alpha: 0.0 },
  tanh_shrink: { alpha: 0.0 },
  sparse_plus: { alpha: 0.0 },
  softmax: { alpha: 0.0 },
  log_softmax: { alpha: 0.0 },
  sparsemax: { alpha: 0.0 },
};
