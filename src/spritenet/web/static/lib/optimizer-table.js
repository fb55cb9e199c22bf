// Every optimizer, its arguments and slots. Written by tools/optimizer_lists.py.

/**
 * @typedef {object} Argument
 * @property {number | boolean | null | readonly string[]} default
 * @property {'number' | 'whole' | 'flag' | 'texts'} kind
 * @property {number} [least]
 * @property {number} [most]
 */

/**
 * An array as long as the parameters.
 *
 * @typedef {object} Slot
 * @property {string} name
 * @property {string} [when]  there only where this argument is more than 0
 * @property {string} [initial]  begins with this argument's value
 * @property {number} [value]  begins with this; 0
 * @property {boolean} [scalar]  its first number alone is used
 */

/**
 * @typedef {object} Row
 * @property {number} learningRate
 * @property {number} scratch  arrays that a step works in
 * @property {Readonly<Record<string, Argument>>} arguments
 * @property {readonly Slot[]} slots
 */

/** @typedef {'adadelta' | 'adafactor' | 'adagrad' | 'adam' | 'adamax' | 'adamw' | 'ftrl' | 'lamb' | 'lion' | 'muon' | 'nadam' | 'rmsprop' | 'sgd'} OptimizerName */

/** @type {Readonly<Record<string, Row>>} */
export const OPTIMIZERS = {
  Adadelta: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      rho: { default: 0.95, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'mean_square' },
      { name: 'mean_square_step' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Adafactor: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_2_decay: { default: -0.8, kind: 'number', most: 0.0 },
      epsilon_1: { default: 1e-30, kind: 'number', least: 0.0 },
      epsilon_2: { default: 0.001, kind: 'number', least: 0.0 },
      clip_threshold: { default: 1.0, kind: 'number', least: 1e-30 },
      relative_step: { default: true, kind: 'flag', least: 0.0, most: 1.0 },
    },
    slots: [
      { name: 'row_mean' },
      { name: 'column_mean' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Adagrad: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      initial_accumulator_value: { default: 0.1, kind: 'number', least: 0.0 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'accumulator', initial: 'initial_accumulator_value' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Adam: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
      amsgrad: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
    },
    slots: [
      { name: 'first_moment' },
      { name: 'second_moment' },
      { name: 'largest_second_moment', when: 'amsgrad' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Adamax: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'first_moment' },
      { name: 'infinity_norm' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  AdamW: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: 0.004, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
      amsgrad: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
    },
    slots: [
      { name: 'first_moment' },
      { name: 'second_moment' },
      { name: 'largest_second_moment', when: 'amsgrad' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Ftrl: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      learning_rate_power: { default: -0.5, kind: 'number', most: 0.0 },
      initial_accumulator_value: { default: 0.1, kind: 'number', least: 0.0 },
      l1_regularization_strength: { default: 0.0, kind: 'number', least: 0.0 },
      l2_regularization_strength: { default: 0.0, kind: 'number', least: 0.0 },
      l2_shrinkage_regularization_strength: { default: 0.0, kind: 'number', least: 0.0 },
      beta: { default: 0.0, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'accumulator', initial: 'initial_accumulator_value' },
      { name: 'linear' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Lamb: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'first_moment' },
      { name: 'second_moment' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Lion: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.99, kind: 'number', least: 0.0, most: 0.9999999999999999 },
    },
    slots: [
      { name: 'momentum' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Muon: {
    learningRate: 0.001,
    scratch: 2,
    arguments: {
      weight_decay: { default: 0.004, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      adam_beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      adam_beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      adam_weight_decay: { default: 0.004, kind: 'number', least: 0.0 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
      exclude_layers: { default: null, kind: 'texts' },
      muon_a: { default: 3.4445, kind: 'number' },
      muon_b: { default: -4.775, kind: 'number' },
      muon_c: { default: 2.0315, kind: 'number' },
      adam_lr_ratio: { default: 1.0, kind: 'number', least: 0.0 },
      momentum: { default: 0.95, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      ns_steps: { default: 5, kind: 'whole', least: 1.0, most: 100.0 },
      nesterov: { default: true, kind: 'flag', least: 0.0, most: 1.0 },
      rms_rate: { default: 0.2, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'momentum' },
      { name: 'velocity' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  Nadam: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      beta_1: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      beta_2: { default: 0.999, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
    },
    slots: [
      { name: 'first_moment' },
      { name: 'second_moment' },
      { name: 'momentum_product', value: 1.0, scalar: true },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  RMSprop: {
    learningRate: 0.001,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      rho: { default: 0.9, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      momentum: { default: 0.0, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      epsilon: { default: 1e-7, kind: 'number', least: 0.0 },
      centered: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
    },
    slots: [
      { name: 'mean_square' },
      { name: 'momentum', when: 'momentum' },
      { name: 'mean_gradient', when: 'centered' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
  SGD: {
    learningRate: 0.01,
    scratch: 0,
    arguments: {
      weight_decay: { default: null, kind: 'number', least: 0.0 },
      clipnorm: { default: null, kind: 'number', least: 0.0 },
      clipvalue: { default: null, kind: 'number', least: 0.0 },
      global_clipnorm: { default: null, kind: 'number', least: 0.0 },
      use_ema: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
      ema_momentum: { default: 0.99, kind: 'number', least: 0.0, most: 1.0 },
      ema_overwrite_frequency: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      gradient_accumulation_steps: { default: null, kind: 'whole', least: 0.0, most: 2147483647.0 },
      no_weight_decay: { default: [], kind: 'texts' },
      momentum: { default: 0.0, kind: 'number', least: 0.0, most: 0.9999999999999999 },
      nesterov: { default: false, kind: 'flag', least: 0.0, most: 1.0 },
    },
    slots: [
      { name: 'momentum', when: 'momentum' },
      { name: 'average', when: 'use_ema' },
      { name: 'gradient_sum', when: 'gradient_accumulation_steps' },
    ],
  },
};
