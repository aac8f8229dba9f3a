//! What faces on lists come to.

use crate::session::RuleAction;

/// `None` where the workflow says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    pub possible_duplicated_face: Option<RuleAction>,
    pub duplicated_face: Option<RuleAction>,
    pub blocklist: Option<RuleAction>,
    pub possible_blocklist: Option<RuleAction>,
}
