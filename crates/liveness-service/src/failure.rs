// SPDX-License-Identifier: MIT OR Apache-2.0

//! Errors of the program: one sentence, and an exit status by the convention of BSD's sysexits.

use std::fmt;

use liveness_workflow::WorkflowError;

/// The kind of an error; its value is the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The command line or the environment is incomplete or wrong.
    Usage = 64,
    /// The content of a file, such as a workflow, is invalid.
    Data = 65,
    /// A file or device is missing or cannot be read.
    NoInput = 66,
    /// ONNX Runtime, a model or a GStreamer element is missing.
    Unavailable = 69,
    /// A bug or an unexpected state of this program.
    Internal = 70,
    /// The output cannot be written.
    Output = 74,
}

/// An error that prevents a decision.
#[derive(Debug)]
pub struct Failure {
    /// Kind of the error.
    pub code: Code,
    /// Description in one sentence.
    pub text: String,
}

impl Failure {
    /// Creates an error.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// Creates an error of the kind [`Code::Usage`].
    pub fn usage(text: impl Into<String>) -> Self {
        Self::new(Code::Usage, text)
    }

    /// Creates an error of the kind [`Code::Data`].
    pub fn data(text: impl Into<String>) -> Self {
        Self::new(Code::Data, text)
    }

    /// Creates an error of the kind [`Code::NoInput`].
    pub fn no_input(text: impl Into<String>) -> Self {
        Self::new(Code::NoInput, text)
    }

    /// Creates an error of the kind [`Code::Unavailable`].
    pub fn unavailable(text: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, text)
    }

    /// Creates an error of the kind [`Code::Internal`].
    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(Code::Internal, text)
    }

    /// Creates an error of the kind [`Code::Output`].
    pub fn output(text: impl Into<String>) -> Self {
        Self::new(Code::Output, text)
    }

    /// Prefixes the text with the subject of the error.
    pub fn about(self, subject: impl fmt::Display) -> Self {
        Self { text: format!("{subject}: {}", self.text), ..self }
    }

    /// Prefixes the text with `input` if the input caused the error.
    pub fn about_input(self, input: &str) -> Self {
        match self.code {
            Code::Usage | Code::Data | Code::NoInput => self.about(input),
            Code::Unavailable | Code::Internal | Code::Output => self,
        }
    }

    /// Returns the exit status of the program.
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
