// Runs a TensorFlow.js graph model in TensorFlow.js itself, the reference for the converted file:
// node run.mjs MODEL.json MODEL.bin INPUT.f32 SHAPE FOLDER OUTPUT… writes FOLDER/0.f32, FOLDER/1.f32, …
import fs from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';

const [json, bin, input, shape, folder, ...outputs] = process.argv.slice(2);

function read(path) {
  const bytes = fs.readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

tf.enableProdMode();
await tf.setBackend('cpu');
const { modelTopology, weightsManifest, format } = JSON.parse(fs.readFileSync(json));
const weightSpecs = weightsManifest.flatMap((group) => group.weights);
const model = await loadGraphModel({
  load: async () => ({ modelTopology, weightSpecs, weightData: read(bin), format }),
});
const feed = tf.tensor(new Float32Array(read(input)), shape.split(',').map(Number));
const results = [model.execute(feed, outputs)].flat();
results.forEach((result, i) => fs.writeFileSync(`${folder}/${i}.f32`, new Float32Array(result.dataSync())));
