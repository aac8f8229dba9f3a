// Processor time per frame of npm's @vladmandic/human, set up for a liveness check, on raw RGB frames; one JSON line.
//
//     node human.mjs NODE_MODULES FRAMES WIDTH HEIGHT
//
// FRAMES is a file of packed RGB pictures, WIDTH x HEIGHT each. NODE_MODULES holds @vladmandic/human and tfjs' wasm backend:
// the native one (tfjs-node) fetches its library from outside npm's registry when it is installed. In Node the wasm backend
// runs on one thread, with SIMD; what V8's own threads take is counted as well.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, file, ...size] = process.argv.slice(2);
const [width, height] = size.map(Number);
const modules = resolve(folder);
const require = createRequire(join(modules, 'here.js'));

// Every frame is judged, as the two others do; boxes come from the last frame's mesh until human itself looks again.
const judged = { enabled: true, skipFrames: 0 };
const off = { enabled: false };
const CONFIG = {
  backend: 'wasm',
  wasmPath: join(modules, '@tensorflow/tfjs-backend-wasm/wasm-out/'),
  modelBasePath: `file://${join(modules, '@vladmandic/human/models/')}`,
  warmup: 'none',
  filter: off,
  face: { mesh: { enabled: true }, iris: { enabled: true }, antispoof: judged, liveness: judged, emotion: off, description: off },
  body: off,
  hand: off,
  object: off,
  gesture: off,
  segmentation: off,
};
// What human does when left alone: it keeps a face's judgement for up to four seconds.
const KEPT = { face: { antispoof: { skipFrames: 99 }, liveness: { skipFrames: 99 } } };

/** Lets tfjs read models from files: without tfjs-node it only knows http. */
function serveFiles(tf) {
  const load = (url) => async () => {
    const path = url.slice('file://'.length);
    const { modelTopology, weightsManifest, format, signature, userDefinedMetadata } = JSON.parse(await readFile(path, 'utf8'));
    const parts = await Promise.all(weightsManifest.flatMap((group) => group.paths).map((name) => readFile(join(path, '..', name))));
    return {
      modelTopology,
      format,
      signature,
      userDefinedMetadata,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: new Uint8Array(Buffer.concat(parts)).buffer,
    };
  };
  tf.io.registerLoadRouter((url) => (String(url).startsWith('file://') ? { load: load(url) } : null));
}

async function frames() {
  const data = await readFile(file);
  const bytes = 3 * width * height;
  if (!data.length || data.length % bytes) throw new Error(`${file} does not hold frames of ${width} x ${height}`);
  return Array.from({ length: data.length / bytes }, (_, i) => data.subarray(i * bytes, (i + 1) * bytes));
}

/** Milliseconds of processor time per frame, and the share of frames with a face that was judged. */
async function pass(human, pictures, config) {
  let faces = 0;
  const start = process.cpuUsage();
  for (const picture of pictures) {
    const tensor = human.tf.tensor3d(picture, [height, width, 3], 'int32');
    const { face } = await human.detect(tensor, config);
    human.tf.dispose(tensor);
    faces += face.some(({ mesh, real, live }) => mesh.length > 0 && real !== undefined && live !== undefined);
  }
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1e3 / pictures.length, faces: faces / pictures.length };
}

async function main() {
  serveFiles(require('@tensorflow/tfjs-core'));
  const { Human } = require(join(modules, '@vladmandic/human/dist/human.node-wasm.js'));
  const human = new Human(CONFIG);
  const pictures = await frames();
  await human.load();
  await pass(human, pictures, CONFIG);
  const { ms, faces } = await pass(human, pictures, CONFIG);
  const kept = await pass(human, pictures, KEPT);
  console.log(JSON.stringify({
    version: human.version, backend: human.tf.getBackend(), frames: pictures.length, faces, ms, kept_ms: kept.ms,
  }));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
