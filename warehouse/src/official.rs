//! What the city declared official: one object each, numbered and written if absent, never edited.
//!
//! A declaration says something about a release and nothing that a release rests on, so it is no fact: facts are pinned by
//! the next release. It lies beside the releases, whose own objects never change either.

use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::digest::signed;
use crate::error::Result;
use crate::place::Place;
use crate::release::Release;

/// That a release is the official one for a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Official {
    /// The release.
    pub release: u64,
    /// The period: a month, a term, a year. Of several declarations for one period the latest holds.
    pub period: String,
    /// What the city says of it.
    pub note: String,
    /// Who declared it.
    pub by_whom: String,
    /// On which day.
    pub on: NaiveDate,
    /// When it was recorded, RFC 3339 in UTC.
    pub at: String,
}

impl Warehouse {
    /// Declares a release official. Gives the declaration's number; the release must be there.
    pub async fn declare(&self, official: &Official) -> Result<u64> {
        self.release(official.release).await?;
        let text = Bytes::from(signed(official));
        // Whoever declares in the same moment takes the next number.
        let mut number = self.official_numbers().await?.last().map_or(1, |last| last + 1);
        while !self.put_once(&Place::Official(number), text.clone()).await? {
            number += 1;
        }
        Ok(number)
    }

    /// All declarations, oldest first.
    pub async fn officials(&self) -> Result<Vec<Official>> {
        let mut officials = Vec::new();
        for number in self.official_numbers().await? {
            officials.push(self.read_signed(&Place::Official(number)).await?);
        }
        Ok(officials)
    }

    pub(crate) async fn official_numbers(&self) -> Result<Vec<u64>> {
        self.numbers(&Place::Officials).await
    }
}

/// The declaration that holds for a period.
pub fn of_period<'a>(officials: &'a [Official], period: &str) -> Option<&'a Official> {
    officials.iter().rfind(|official| official.period == period)
}

/// The release with what was declared of it.
pub(crate) fn marked(mut release: Release, officials: &[Official]) -> Release {
    let own: Vec<&Official> = officials.iter().filter(|official| official.release == release.release).collect();
    if !own.is_empty() {
        release.official = true;
        let said = own.iter().map(|official| match official.note.as_str() {
            "" => official.period.clone(),
            note => format!("{} {note}", official.period),
        });
        release.note = said.collect::<Vec<_>>().join("; ");
    }
    release
}
