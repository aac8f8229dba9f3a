//! What can go wrong: one sentence, and an exit status by the convention of BSD's sysexits.

use std::fmt;

use liveness_workflow::WorkflowError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The command line or the environment does not give what is needed.
    Usage = 64,
    /// A file's content, as a workflow's, is not what it should be.
    Data = 65,
    /// A file or device is missing or cannot be read.
    NoInput = 66,
    /// ONNX Runtime, a model or a GStreamer element is missing.
    Unavailable = 69,
    /// Our own fault.
    Internal = 70,
    /// The output cannot be written.
    Output = 74,
}

/// Why there is no decision.
#[derive(Debug)]
pub struct Failure {
    pub code: Code,
    pub text: String,
}

impl Failure {
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub fn usage(text: impl Into<String>) -> Self {
        Self::new(Code::Usage, text)
    }

    pub fn data(text: impl Into<String>) -> Self {
        Self::new(Code::Data, text)
    }

    pub fn no_input(text: impl Into<String>) -> Self {
        Self::new(Code::NoInput, text)
    }

    pub fn unavailable(text: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, text)
    }

    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(Code::Internal, text)
    }

    pub fn output(text: impl Into<String>) -> Self {
        Self::new(Code::Output, text)
    }

    /// Says first what the failure is about.
    pub fn about(self, subject: impl fmt::Display) -> Self {
        Self { text: format!("{subject}: {}", self.text), ..self }
    }

    /// The same, where it is the input's fault.
    pub fn about_input(self, input: &str) -> Self {
        match self.code {
            Code::Usage | Code::Data | Code::NoInput => self.about(input),
            Code::Unavailable | Code::Internal | Code::Output => self,
        }
    }

    pub fn exit_status(&self) -> u8 {
        self.code as u8
    }
}

impl From<WorkflowError> for Failure {
    fn from(error: WorkflowError) -> Self {
        let code = match &error {
            WorkflowError::Unreadable { .. } => Code::NoInput,
            WorkflowError::Faulty(_) => Code::Data,
            WorkflowError::Unknown { .. } => Code::Usage,
            WorkflowError::Several { .. } => return Self::usage(format!("{error} with --workflow")),
        };
        Self::new(code, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
