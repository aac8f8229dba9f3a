// SPDX-License-Identifier: MIT OR Apache-2.0

//! A loaded model. All its users share it; at most as many threads as the machine has cores run it at a time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::available_parallelism;

use ndarray::ArrayViewD;
use ort::session::{Session, SessionOutputs, builder::GraphOptimizationLevel};
use ort::value::TensorRef;

use super::library::environment;
use super::{InferenceError, Model, ModelSource};

/// The nets in use, by model and source.
static LOADED: LazyLock<Mutex<Loaded>> = LazyLock::new(Mutex::default);
type Loaded = HashMap<(Model, ModelSource), Weak<Net>>;

/// The sessions of one model. A session runs one picture at a time on the caller's thread. Another session is
/// created only if all others are busy, up to the number of cores.
pub struct Net {
    model: Model,
    shape: Vec<usize>,
    bytes: Cow<'static, [u8]>,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    made: usize,
}

/// The outputs of one run.
pub struct Outputs<'a> {
    model: Model,
    values: SessionOutputs<'a>,
}

impl Outputs<'_> {
    /// Returns the output called `name`.
    ///
    /// # Errors
    /// [`InferenceError::Run`] if the model has no such output of `f32`.
    pub fn get(&self, name: &str) -> Result<ArrayViewD<'_, f32>, InferenceError> {
        let failed = |reason| InferenceError::Run { file: self.model.file_name(), reason };
        let value = self.values.get(name).ok_or_else(|| failed(format!("there is no output {name}")))?;
        value.try_extract_array().map_err(|e| failed(e.to_string()))
    }

    /// Returns the values of the output `name` in memory order. There are at least `least` of them, all finite.
    ///
    /// # Errors
    /// [`InferenceError::Run`] if the output is missing, too short or not finite.
    pub fn values(&self, name: &str, least: usize) -> Result<Vec<f32>, InferenceError> {
        let values: Vec<f32> = self.get(name)?.iter().copied().collect();
        let failed = |reason| Err(InferenceError::Run { file: self.model.file_name(), reason });
        if values.len() < least {
            return failed(format!("{name} has {} values instead of {least}", values.len()));
        }
        if !values.iter().all(|v| v.is_finite()) {
            return failed(format!("{name} is not finite"));
        }
        Ok(values)
    }
}

impl Net {
    /// Returns the process's net for `model`, and loads it if it is not in use yet.
    ///
    /// # Errors
    /// An [`InferenceError`] if ONNX Runtime or the model cannot be loaded, or if the model has unexpected
    /// inputs or outputs.
    pub fn load(model: Model, source: &ModelSource) -> Result<Arc<Self>, InferenceError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (model, source.clone());
        if let Some(net) = loaded.get(&key).and_then(Weak::upgrade) {
            return Ok(net);
        }
        loaded.retain(|_, net| net.strong_count() > 0);
        let net = Arc::new(Self::new(model, source)?);
        loaded.insert(key, Arc::downgrade(&net));
        Ok(net)
    }

    fn new(model: Model, source: &ModelSource) -> Result<Self, InferenceError> {
        let bytes = model.bytes(source)?;
        let session = open(model, &bytes)?;
        let shape = model.check(&session)?;
        let pool = Mutex::new(Pool { idle: vec![session], made: 1 });
        Ok(Self { model, shape, bytes, pool, returned: Condvar::new() })
    }

    /// Runs the model on one input of the model's shape and passes the outputs to `read`.
    ///
    /// # Errors
    /// [`InferenceError::Run`] if `input` has another length or the run fails, and any error of `read`.
    pub fn run<T>(
        &self,
        input: &[f32],
        read: impl FnOnce(&Outputs<'_>) -> Result<T, InferenceError>,
    ) -> Result<T, InferenceError> {
        let failed =
            |e: ort::Error| InferenceError::Run { file: self.model.file_name(), reason: e.to_string() };
        let tensor = TensorRef::from_array_view((self.shape.as_slice(), input)).map_err(failed)?;
        let mut session = self.checkout()?;
        let result = session
            .run(ort::inputs![tensor])
            .map_err(failed)
            .and_then(|values| read(&Outputs { model: self.model, values }));
        self.give_back(session);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checkout(&self) -> Result<Session, InferenceError> {
        let most = available_parallelism().map_or(1, usize::from);
        let mut pool = self.lock();
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(session);
            }
            if pool.made < most {
                break;
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.made += 1;
        drop(pool);
        open(self.model, &self.bytes).inspect_err(|_| {
            self.lock().made -= 1;
            self.returned.notify_one();
        })
    }

    fn give_back(&self, session: Session) {
        self.lock().idle.push(session);
        self.returned.notify_one();
    }
}

fn open(model: Model, bytes: &[u8]) -> Result<Session, InferenceError> {
    let unloadable =
        |reason: String| InferenceError::Unloadable { file: model.file_name().to_owned(), reason };
    let environment = environment()?;
    let configured = || -> ort::Result<Session> {
        Session::builder(&environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .commit_from_memory(bytes)
    };
    configured().map_err(|e| unloadable(e.to_string()))
}
