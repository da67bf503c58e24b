//! The states of a case, which step may follow which, and why one may not.

use std::fmt;

use chrono::NaiveDate;

use super::{Case, Taking};

/// Where a case stands. Every state but the first is reached by a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nothing was done yet.
    Open,
    /// The school was told, with a day by which to put it right.
    Notified,
    /// It answered.
    Answered,
    /// It was put right.
    Rectified,
    /// It was none, for a reason.
    Dismissed,
    /// Nothing more is to be done.
    Closed,
}

impl State {
    /// All, in the order in which a case goes through them.
    pub const ALL: [State; 6] =
        [State::Open, State::Notified, State::Answered, State::Rectified, State::Dismissed, State::Closed];

    /// The code that the table of steps holds.
    pub fn code(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Notified => "notified",
            State::Answered => "answered",
            State::Rectified => "rectified",
            State::Dismissed => "dismissed",
            State::Closed => "closed",
        }
    }

    /// The state of a code.
    pub fn of(code: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// As a person reads it.
    pub fn zh(self) -> &'static str {
        match self {
            State::Open => "待处理",
            State::Notified => "已通知",
            State::Answered => "已答复",
            State::Rectified => "已整改",
            State::Dismissed => "已撤销",
            State::Closed => "已办结",
        }
    }

    /// Whether a step may lead here from a case that stands in `from`. `stands`: whether the finding does.
    ///
    /// An answer that doesn't do leads to another notice, and so does a rectification after which the finding still stands.
    /// What was found wrongly may be dismissed at once.
    pub fn follows(self, from: State, stands: bool) -> bool {
        match self {
            State::Open => false,
            State::Notified => stands && matches!(from, State::Open | State::Answered | State::Rectified),
            State::Answered => from == State::Notified,
            State::Rectified => matches!(from, State::Notified | State::Answered),
            State::Dismissed => matches!(from, State::Notified | State::Answered) || from == State::Open && stands,
            State::Closed => matches!(from, State::Rectified | State::Dismissed),
        }
    }
}

/// Why a finding can't take a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The newest release has no such finding.
    Unknown(String),
    /// Several findings' ids begin so.
    Several(String),
    /// The step doesn't follow the state that the case is in.
    NotFrom {
        /// The finding.
        finding_id: String,
        /// The state that the case is in.
        from: State,
        /// When the finding ended, if it did.
        ended: Option<NaiveDate>,
        /// The state that the step would lead to.
        to: State,
    },
    /// The day of the step is before that of the last one.
    Before {
        /// The finding.
        finding_id: String,
        /// The day of the last step.
        last: NaiveDate,
        /// The day that was given.
        on: NaiveDate,
    },
}

impl Refusal {
    /// Why this case can't take the step, if it can't.
    pub(super) fn of(case: &Case, taking: &Taking) -> Option<Refusal> {
        let finding_id = case.finding.finding_id.clone();
        let (from, ended) = (case.state(), case.finding.ended);
        if !taking.state.follows(from, ended.is_none()) {
            return Some(Refusal::NotFrom { finding_id, from, ended, to: taking.state });
        }
        let last = case.last().and_then(|step| step.on).filter(|last| taking.on < *last)?;
        Some(Refusal::Before { finding_id, last, on: taking.on })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unknown(id) => {
                write!(out, "{id}：最新一期数据里没有这条问题线索 / the newest release has no such finding")
            }
            Refusal::Several(id) => {
                write!(
                    out,
                    "{id}：有多条问题线索以此开头，请写出更多位 / several findings begin so; give more of the id"
                )
            }
            Refusal::NotFrom { finding_id, from, ended, to } => {
                let possible: Vec<State> =
                    State::ALL.into_iter().filter(|state| state.follows(*from, ended.is_none())).collect();
                let list = |of: fn(&State) -> &'static str, by: &str, none: &str| match possible.as_slice() {
                    [] => none.to_owned(),
                    some => some.iter().map(of).collect::<Vec<_>>().join(by),
                };
                let (gone_zh, gone_en) = ended.map_or_else(Default::default, |day| {
                    (format!("，线索已于 {day} 消除"), format!(", and its finding ended on {day}"))
                });
                write!(
                    out,
                    "{finding_id}：案件现为“{}”{gone_zh}，不能转为“{}”；可转为：{} / the case is {}{gone_en} and can't become {}; it can become: {}",
                    from.zh(),
                    to.zh(),
                    list(|state| state.zh(), "、", "无"),
                    from.code(),
                    to.code(),
                    list(|state| state.code(), ", ", "nothing")
                )
            }
            Refusal::Before { finding_id, last, on } => write!(
                out,
                "{finding_id}：日期 {on} 早于上一步的日期 {last} / the day {on} is before that of the last step, {last}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_one_another_as_the_domain_says() {
        use State::{Answered, Closed, Dismissed, Notified, Open, Rectified};
        let check = |from: State, stands: bool, expected: &[State]| {
            let found: Vec<State> = State::ALL.into_iter().filter(|to| to.follows(from, stands)).collect();
            assert_eq!(found, expected, "from {from:?}, stands: {stands}");
        };
        check(Open, true, &[Notified, Dismissed]);
        check(Open, false, &[]);
        check(Notified, true, &[Answered, Rectified, Dismissed]);
        check(Notified, false, &[Answered, Rectified, Dismissed]);
        check(Answered, true, &[Notified, Rectified, Dismissed]);
        check(Answered, false, &[Rectified, Dismissed]);
        check(Rectified, true, &[Notified, Closed]);
        check(Rectified, false, &[Closed]);
        check(Dismissed, true, &[Closed]);
        check(Dismissed, false, &[Closed]);
        check(Closed, true, &[]);
        check(Closed, false, &[]);
    }
}
