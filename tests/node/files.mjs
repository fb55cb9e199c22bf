// Folders as TensorFlow.js's IOHandlers: what tfjs-node does, in plain Node.js.
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** The bytes of a Buffer, alone in an ArrayBuffer. */
function bytes(buffer) {
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
}

/** Reads the model in a folder: model.json and the files that it names. */
export function folder(where) {
  return {
    async load() {
      const json = JSON.parse(fs.readFileSync(path.join(where, 'model.json'), 'utf8'));
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => [
        manifest.flatMap((group) => group.weights),
        bytes(
          Buffer.concat(
            manifest.flatMap((group) =>
              group.paths.map((file) => fs.readFileSync(path.join(where, file))),
            ),
          ),
        ),
      ]);
    },
  };
}

/** Writes a model into a folder, its weights in shards of so many bytes and so many groups. */
export function writer(where, { shardBytes = 2 ** 40, groups = 1 } = {}) {
  return {
    async save(artifacts) {
      fs.mkdirSync(where, { recursive: true });
      const data = Buffer.from(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
      const specs = artifacts.weightSpecs;
      const manifest = [];
      let offset = 0;
      for (let g = 0; g < groups; g++) {
        const weights = specs.slice((g * specs.length) / groups, ((g + 1) * specs.length) / groups);
        const size = weights.reduce((sum, w) => sum + 4 * tf.util.sizeFromShape(w.shape), 0);
        const count = Math.max(1, Math.ceil(size / shardBytes));
        const paths = [];
        for (let s = 0; s < count; s++) {
          const file = `group${g + 1}-shard${s + 1}of${count}.bin`;
          const end = Math.min(offset + size, offset + (s + 1) * shardBytes);
          fs.writeFileSync(path.join(where, file), data.subarray(offset + s * shardBytes, end));
          paths.push(file);
        }
        offset += size;
        manifest.push({ paths, weights });
      }
      const { weightData, weightSpecs, ...json } = artifacts;
      fs.writeFileSync(
        path.join(where, 'model.json'),
        JSON.stringify({ ...json, weightsManifest: manifest }),
      );
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
  };
}

/** A file of little-endian float32. */
export function floats(file) {
  return new Float32Array(bytes(fs.readFileSync(file)));
}
