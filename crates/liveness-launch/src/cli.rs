// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command line.

use std::path::PathBuf;

use clap::builder::{
    NonEmptyStringValueParser, PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use clap::{Args, Parser, Subcommand};
use liveness_service::secret::SecretRules;

use liveness_core::check::Method;
use liveness_core::location;
use liveness_core::session::Status;
use liveness_screen::Language;
use liveness_workflow::{Display, Named, Start, parse_json};
use serde_json::Value;

use liveness_service::failure::Failure;
use liveness_service::store::faces::List;

/// Checks from the command line whether a live person is before a camera.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_long_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(after_long_help = AFTER_RUN)]
    Run(RunArgs),
    #[command(after_long_help = AFTER_IMAGE)]
    Image(ImageArgs),
    Validate(ValidateArgs),
    /// Print the JSON Schema of workflow files
    Schema,
    Faces(FacesArgs),
    Sessions(SessionsArgs),
    #[command(after_long_help = AFTER_EVAL)]
    Eval(EvalArgs),
    #[command(hide = true)]
    ProbeSink(ProbeArgs),
}

/// The rights that files with secrets may have.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct SecretArgs {
    /// Accept files with secrets (the store's key, the webhook's secret) that others can read, as containers mount them
    #[arg(long, global = true)]
    pub allow_readable_secrets: bool,
}

impl SecretArgs {
    pub const fn rules(self) -> SecretRules {
        SecretRules { allow_readable: self.allow_readable_secrets }
    }
}

/// The store and its key.
#[derive(Args, Debug)]
pub struct StoreArgs {
    /// The store's file, as a workflow's `store` names it
    #[arg(long, value_name = "FILE", global = true, value_parser = path())]
    pub store: Option<PathBuf>,
    /// A file with the store's key; else the environment variable LIVENESS_STORE_KEY has it
    #[arg(long, value_name = "FILE", global = true, value_parser = path())]
    pub key_file: Option<PathBuf>,
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// Look after the index of known faces and the blocklist.
#[derive(Args, Debug)]
pub struct FacesArgs {
    #[command(subcommand)]
    pub command: FacesCommand,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub enum FacesCommand {
    /// Add the largest face of each picture; print what was added as lines of JSON
    Add {
        #[arg(required = true, value_name = "PICTURE", value_parser = path())]
        pictures: Vec<PathBuf>,
        /// The list that they go on
        #[arg(long, default_value = "blocklist", value_parser = list())]
        list: List,
        /// Your own reference to the person
        #[arg(long, value_name = "TEXT")]
        vendor_data: Option<String>,
    },
    /// Print the faces as lines of JSON, without their embeddings
    List,
    /// Remove faces
    Remove {
        #[arg(required = true, value_name = "FACE_ID")]
        faces: Vec<String>,
    },
    /// Add the faces of an export; embeddings are those of this program's own net
    Import {
        /// Lines of JSON
        #[arg(value_parser = path())]
        file: PathBuf,
    },
    /// Print the faces with their embeddings, which are biometric data, as lines of JSON
    Export,
    /// Print the faces most like that of a picture as lines of JSON, nearest first
    Search {
        #[arg(value_parser = path())]
        picture: PathBuf,
        /// How many of each list
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
        top: u16,
    },
}

/// Look into past sessions and their audit log.
#[derive(Args, Debug)]
pub struct SessionsArgs {
    #[command(subcommand)]
    pub command: SessionsCommand,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// Print the sessions as lines of JSON, the oldest first
    List {
        /// Those of one status, as "In Review", in any case
        #[arg(long, value_parser = status)]
        status: Option<Status>,
    },
    /// Print a session's record
    Show { session_id: String },
    /// Print all records as lines of JSON
    Export,
    /// Print the events of the audit log, oldest first: a table on a terminal, else lines of JSON
    Log {
        /// Only the events of this session
        #[arg(long, value_name = "SESSION_ID")]
        session: Option<String>,
        /// Lines of JSON, also on a terminal
        #[arg(long)]
        json: bool,
    },
    /// Decide a session that is In Review, and queue the new status for its webhook; print the new record
    #[command(after_long_help = AFTER_REVIEW)]
    Review {
        session_id: String,
        #[arg(long, conflicts_with = "decline", required_unless_present = "decline")]
        approve: bool,
        #[arg(long)]
        decline: bool,
        /// The reason; it stands in the record and in the webhook's event
        #[arg(long, value_name = "TEXT", value_parser = comment)]
        comment: String,
        /// Who decides; the environment variable USER when left out
        #[arg(long, value_name = "NAME", value_parser = reviewer)]
        reviewer: Option<String>,
    },
    /// Look for events of the audit log, sessions and faces that were changed, removed or moved
    #[command(after_long_help = AFTER_VERIFY)]
    Verify,
    /// Deliver now what waits for a workflow's webhook, and say so
    Deliver {
        /// The workflow, with its webhook, store and key
        #[arg(value_parser = path())]
        file: PathBuf,
        /// Which workflow of a file that has several
        #[arg(long, value_name = "WORKFLOW_ID")]
        workflow: Option<String>,
    },
    /// Remove what is older: sessions, their events and known faces, and their files
    Purge {
        /// Age in days, such as 30d
        #[arg(long, value_name = "DAYS", value_parser = days)]
        older_than: i32,
        /// A folder of evidence to look through as well, where it was moved since
        #[arg(long, value_name = "DIRECTORY", value_parser = path())]
        evidence: Option<PathBuf>,
        /// The same for a folder of videos
        #[arg(long, value_name = "DIRECTORY", value_parser = path())]
        record: Option<PathBuf>,
    },
}

/// Look through workflow files and tell every fault by its line.
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// The workflows
    #[arg(required = true, value_name = "FILE", value_parser = path())]
    pub files: Vec<PathBuf>,
}

/// Run a session on a video source as a workflow file describes it.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// The workflow: a JSON or TOML file such as examples/workflows/passive.json
    #[arg(value_parser = path())]
    pub file: PathBuf,
    /// Which workflow of a file that has several
    #[arg(long, value_name = "WORKFLOW_ID")]
    pub workflow: Option<String>,
    /// Where the video comes from: test | file:PATH | images:FOLDER | v4l2:/dev/videoN | rtsp://… |
    /// pipeline:GST-LAUNCH-FRAGMENT
    ///
    /// `test` is what the program brings along: a public-domain portrait for a passive check, else a rendered person
    /// who does what is asked. `file:` takes anything that GStreamer decodes and turns it upright by its rotation
    /// tag. `pipeline:` takes any gst-launch-1.0 line that ends in raw video. The workflow's own source when left
    /// out, or else `test`.
    #[arg(long)]
    pub source: Option<String>,
    /// Your own reference to the person, instead of the workflow's: nobody is a duplicate of their own earlier sessions
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub vendor_data: Option<String>,
    /// Any JSON, handed through to the decision instead of the workflow's
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    /// Print every message as one line of JSON on stdout, the result last, and nothing else
    #[arg(long)]
    pub json: bool,
    /// Write a picture of what was seen (box, landmarks, pose, score, quality) as PNG
    #[arg(long, value_name = "FILE.png", value_parser = path())]
    pub picture: Option<PathBuf>,
    /// Write the reference image (the best portrait of the check) as JPEG
    #[arg(long, value_name = "FILE.jpg", value_parser = path())]
    pub reference: Option<PathBuf>,
    /// Write the session's decision as JSON, whole or not at all
    #[arg(long, value_name = "FILE.json", value_parser = path())]
    pub decision: Option<PathBuf>,
    /// Leave this session's evidence in this folder: the decision, the reference image and, of secret light, the depth map and
    /// a picture of what it showed. (The workflow's own `evidence` gets a folder per session.)
    #[arg(long, value_name = "DIRECTORY", value_parser = path())]
    pub evidence: Option<PathBuf>,
    /// Abandon the session after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, value_parser = seconds)]
    pub timeout: f64,
    /// Show the kiosk screen: fullscreen (what --display alone means; Wayland, X11 or, without a desktop, KMS), window, kms or
    /// none
    #[arg(long, value_name = "SCREEN", num_args = 0..=1, require_equals = true, default_missing_value = "fullscreen",
        value_parser = word::<Display>)]
    pub display: Option<Display>,
    #[command(flatten)]
    pub secrets: SecretArgs,
    #[arg(long, value_name = "TAG", value_parser = word::<Language>, help = language_help())]
    pub language: Option<Language>,
    /// --flash=false plays no light, for people whom flashing light harms: flash and action_flash become what the workflow's
    /// `without_light` says, or action
    #[arg(long, value_name = "BOOL", require_equals = true)]
    pub flash: Option<bool>,
    /// What starts the check: immediately, face (somebody looks at the camera) or touch (a touch, a click or a key on the
    /// ready screen)
    #[arg(long, value_name = "HOW", value_parser = word::<Start>)]
    pub start: Option<Start>,
}

/// Probes whether a sink starts here; `run` does this in a process of its own.
#[derive(Args, Debug)]
pub struct ProbeArgs {
    pub sink: String,
}

/// Judge single pictures (JPEG, PNG, WebP, TIFF in grey, RGB or CMYK; at most 5 MB each).
#[derive(Args, Debug)]
pub struct ImageArgs {
    /// The pictures
    #[arg(required = true, value_name = "FILE", value_parser = path())]
    pub files: Vec<PathBuf>,
    /// Try all quarter turns and judge the one in which the face is surest (best_angle, clockwise)
    #[arg(long)]
    pub rotate: bool,
    /// Your own reference, handed through to the output
    #[arg(long, value_name = "TEXT")]
    pub vendor_data: Option<String>,
    /// Any JSON, handed through to the output
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    /// One line of JSON per picture, also when there is only one and at a terminal
    #[arg(long)]
    pub json: bool,
    /// A score at or below this declines
    #[arg(long, value_name = "0-100", default_value_t = 30.0, value_parser = percent)]
    pub decline_threshold: f64,
    /// A score at or below this, but above the other threshold, goes to review
    #[arg(long, value_name = "0-100", default_value_t = 60.0, value_parser = percent)]
    pub review_threshold: f64,
    /// A folder of .onnx files that stand in for the embedded ones
    #[arg(long, value_name = "DIRECTORY", value_parser = path())]
    pub models_dir: Option<PathBuf>,
    /// Give a picture up after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub timeout: f64,
}

/// Measure a method's error rates (ISO/IEC 30107-3) on labelled media or on rendered sessions.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// A table with the columns path, label, species and subject (tabs between), a folder with such a labels.tsv, or one
    /// with a folder per class: live/…, attack/SPECIES/…
    #[arg(required_unless_present = "rendered", conflicts_with = "rendered", value_parser = path())]
    pub dataset: Option<PathBuf>,
    /// Instead of a dataset: so many sessions (50) of a rendered person, and of every attack that can be rendered
    #[arg(long, value_name = "SESSIONS", num_args = 0..=1, require_equals = true, default_missing_value = "50",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub rendered: Option<u64>,
    /// The number of the first rendered session
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "rendered",
        value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    pub first: u64,
    /// passive (the default), flash, action or action_flash; of rendered sessions one of the last three
    #[arg(long, value_parser = method)]
    pub method: Option<Method>,
    /// A workflow with the check's settings; the elements' defaults when left out
    #[arg(long, value_name = "FILE", conflicts_with = "rendered", value_parser = path())]
    pub workflow: Option<PathBuf>,
    /// Only presentations whose species or path has this text in it (several times: any of them)
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// None of those whose species or path has this text in it
    #[arg(long, value_name = "TEXT")]
    pub except: Vec<String>,
    /// Keep each result as a line of JSON; what stands there already is not tried again
    #[arg(long, value_name = "FILE.jsonl", value_parser = path())]
    pub results: Option<PathBuf>,
    /// How many at a time; by default as many as there are cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Write the report as one page, with plots
    #[arg(long, value_name = "FILE.html", value_parser = path())]
    pub html: Option<PathBuf>,
    /// Show the worst errors in the page: it then holds pictures of people
    #[arg(long, requires = "html")]
    pub thumbnails: bool,
    /// Print the report as JSON, also at a terminal
    #[arg(long)]
    pub json: bool,
}

/// Returns the content of `--metadata`.
pub fn metadata(text: Option<&str>) -> Result<Option<Value>, Failure> {
    let metadata = text.map(parse_json).transpose();
    metadata.map_err(|e| Failure::usage(format!("--metadata cannot be used: {e}")))
}

fn method(text: &str) -> Result<Method, String> {
    let names = Method::ALL.map(Method::name).join(", ");
    Method::from_name(text).ok_or_else(|| format!("expected one of {names}"))
}

fn word<T: Named>(text: &str) -> Result<T, String> {
    T::from_word(text).ok_or_else(|| format!("expected one of {}", T::names().join(", ")))
}

/// The help of `--language`, with the languages of the table.
fn language_help() -> String {
    format!("Language of the kiosk screen: {}; the system's when left out", Language::codes())
}

/// A path, also below `~` where the shell has not resolved it, or a `file:///` address.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| location::of_path(&path))
}

/// A list of faces by its name.
fn list() -> impl TypedValueParser<Value = List> {
    let names = List::ALL.map(|list| PossibleValue::new(list.name()).help(list.help()));
    PossibleValuesParser::new(names).try_map(|name| List::from_name(&name).ok_or("no such list"))
}

/// A status by its name, in any case, with spaces, hyphens or underscores between its words.
fn status(text: &str) -> Result<Status, String> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], " ");
    let named = Status::ALL.into_iter().find(|status| plain(status.name()) == plain(text.trim()));
    named.ok_or_else(|| format!("expected one of {}", Status::ALL.map(Status::name).join(", ")))
}

fn seconds(text: &str) -> Result<f64, String> {
    within(text, 0.1..=86_400.0, "seconds from 0.1 to 86400")
}

fn days(text: &str) -> Result<i32, String> {
    let days =
        text.strip_suffix('d').and_then(|days| days.parse().ok()).filter(|days| (0..=36_500).contains(days));
    days.ok_or_else(|| "expected days from 0d to 36500d".to_owned())
}

fn comment(text: &str) -> Result<String, String> {
    bounded(text, 10_000)
}

fn reviewer(text: &str) -> Result<String, String> {
    bounded(text, 200)
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    let length = text.trim().chars().count();
    let fits = (1..=most).contains(&length).then(|| text.trim().to_owned());
    fits.ok_or_else(|| format!("expected 1 to {most} characters"))
}

fn percent(text: &str) -> Result<f64, String> {
    within(text, 0.0..=100.0, "a number from 0 to 100")
}

fn within(text: &str, range: std::ops::RangeInclusive<f64>, what: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| range.contains(value)).ok_or_else(|| format!("expected {what}"))
}

const AFTER: &str = "\
Try it:
  liveness-launch run examples/workflows/passive.json --source test --picture seen.png
  liveness-launch image examples/media/astronaut.png

Exit status:
   0  approved               64  wrong usage
   1  declined               65  a faulty workflow or other unusable data
   2  in review              66  missing input
   3  abandoned              69  ONNX Runtime, a model or a plugin is missing
                             70  internal error
                             74  the output cannot be written

Environment:
  ORT_DYLIB_PATH  ONNX Runtime's library (libonnxruntime.so); else it is looked for beside
                  the program and in the system's places
  LIVENESS_LOG    what is logged on stderr: off, error, warn (the default), info, debug
  LIVENESS_STORE_KEY, LIVENESS_RTSP_USER, LIVENESS_RTSP_PASSWORD
                  secrets, where no file or other variable is named
  NO_COLOR        no colours";

const AFTER_RUN: &str = "\
Examples:
  liveness-launch run passive.json --source v4l2:/dev/video0 --display
  liveness-launch run flash.json --display --language de --start touch
  liveness-launch run passive.json --source file:clip.mp4 --json | jq .name
  liveness-launch run passive.json --source 'pipeline:rtspsrc location=rtsp://cam/1 ! decodebin'

At a terminal, coaching comes as it changes, and the decision last. Where stdout goes to a file or another program, it
gets the session with its decision as JSON, and the rest goes to stderr. With --json, stdout has one message a line:
name, method, attempt, timestamp, stream-time and running-time (nanoseconds) and the message's own fields (a retry
has feedback_codes, attempts_used and max_attempts); each check's result has its decision under `json`, and the last
of them the whole session under `session`. Pictures are never printed, only their sizes.

Ctrl-C and SIGTERM abandon the session. What is written of a person is its owner's alone (0600), whatever the umask.

Workflow: `liveness-launch schema` prints what it may hold, `liveness-launch validate FILE` tells its faults.
Only `method` is required; several checks go under `nodes`, several workflows under `workflows`. Examples are in
examples/workflows.";

const AFTER_EVAL: &str = "\
Examples:
  liveness-launch eval dataset --results passive.jsonl --html passive.html
  liveness-launch eval --rendered=20 --method flash --only live --only print

Every presentation has one attempt in a pipeline of its own. Rates come per species with n and a 95 % interval: exact, and
where a subject was presented several times, at least as wide as resampling whole subjects makes it. A presentation in
which nothing to judge was seen (no face, light too bright for a reflection, a file that cannot be decoded) is a
non-response and no correct answer.

At a terminal the report is text, with the error rates last. Where stdout goes to a file or another program, and with
--json, it is JSON.";

const AFTER_VERIFY: &str = "\
Prints how many events there are and the signature of the last, or the first fault (exit status 65). An older copy of
the whole store is a valid store, and so is the new one that the next session makes where the file was removed: keep
what this prints elsewhere; a count that has gone down shows that an older copy was put back.";

const AFTER_REVIEW: &str = "\
The session's webhook gets the new status with the next session of its workflow, or at once by `sessions deliver
WORKFLOW`. An approval is valid for the workflow's `validity_days` from now and, where the workflow has `enrol_faces`, adds
the face to those that are known. A session that is not In Review is refused with exit status 65.";

const AFTER_IMAGE: &str = "\
At a terminal, each picture's decision stands last, below what stands behind it. Where stdout goes to a file or another
program, and with --json, the output is one JSON object per picture, in the order of the files: indented for a single
one without --json, else one a line (a picture that cannot be judged has an `error` instead of `liveness`). The largest
face is judged. Boxes are [left, top, right, bottom] in pixels of the picture as it was judged: turned upright by its
orientation tag, then by best_angle degrees clockwise. A transparent picture is judged as it looks on white; of an
animation, the first frame is.
The exit status is that of the worst picture. --timeout covers opening and reading a picture, too, as from a pipe.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
        let _: Cli = Cli::try_parse_from(["liveness-launch", "image", "a.jpg"]).unwrap();
    }

    #[test]
    fn a_status_is_known_in_any_case_and_an_unknown_one_refused() {
        for text in ["In Review", "in review", "IN_REVIEW", "in-review", " In review "] {
            assert_eq!(status(text), Ok(Status::InReview), "{text}");
        }
        assert_eq!(status("kyc expired"), Ok(Status::KycExpired));
        for wrong in ["", "Approve", "InReview", "all"] {
            assert!(status(wrong).unwrap_err().contains("In Review, Declined"), "{wrong}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for wrong in ["-1", "100.1", "NaN", "inf", "", "ten"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
        assert_eq!(percent("100"), Ok(100.0));
        assert_eq!(days("30d"), Ok(30));
        for wrong in ["30", "-1d", "d", "99999999d"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
