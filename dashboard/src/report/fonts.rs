//! The fonts that a report is set in: chosen by what they cover, because a name promises nothing.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::{Font, FontFlags, FontInfo, FontVariant};
use typst_kit::fonts::{FontPath, FontStore, scan, system};

use crate::report::pdf::PdfError;

/// Families in the order of preference among those that cover a text equally well.
const PREFERRED: [&str; 22] = [
    "noto sans cjk sc",
    "source han sans sc",
    "source han sans cn",
    "思源黑体",
    "noto sans sc",
    "microsoft yahei",
    "pingfang sc",
    "hiragino sans gb",
    "heiti sc",
    "dengxian",
    "simhei",
    "wenquanyi micro hei",
    "wenquanyi zen hei",
    "noto serif cjk sc",
    "source han serif sc",
    "source han serif cn",
    "思源宋体",
    "noto serif sc",
    "songti sc",
    "simsun",
    "fangsong",
    "droid sans fallback",
];

/// Signs that a font may lack, and what may stand for each.
const STAND_INS: [(char, &str); 14] = [
    ('−', "-"),
    ('–', "-"),
    ('¥', "￥"),
    ('·', "・"),
    ('…', "..."),
    ('²', "2"),
    ('√', "sqrt "),
    ('±', "+/-"),
    ('×', "x"),
    ('÷', "/"),
    ('Σ', "sum "),
    ('τ', "tau"),
    ('φ', "phi"),
    ('≥', ">="),
];

/// Fonts to set reports in.
pub struct Fonts {
    store: FontStore,
    /// Where they were looked for; none for the system's own places.
    place: Option<PathBuf>,
}

/// The families that a text is set in, and the text as they can set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The first sets what it covers, each other one what those before it lack.
    pub families: Vec<String>,
    /// Signs that none of them has, with what stands for each.
    pub replaced: Vec<(char, &'static str)>,
}

impl Fonts {
    /// Those of the operating system.
    pub fn system() -> Fonts {
        Fonts::of(system(), None)
    }

    /// One file, or all files of a folder, and no others.
    pub fn at(place: &Path) -> Result<Fonts, PdfError> {
        if place.is_dir() {
            return Ok(Fonts::of(scan(place), Some(place.to_owned())));
        }
        let unusable = |why: String| PdfError::FontFile { path: place.to_owned(), why };
        let bytes = std::fs::read(place).map_err(|source| unusable(source.to_string()))?;
        let mut store = FontStore::new();
        store.extend(Font::iter(Bytes::new(bytes)).map(|font| {
            let info = font.info().clone();
            (font, info)
        }));
        match store.book().info(0) {
            Some(_) => Ok(Fonts { store, place: Some(place.to_owned()) }),
            None => Err(unusable("it is no font (.ttf, .otf, .ttc, .otc)".to_owned())),
        }
    }

    fn of(found: impl Iterator<Item = (FontPath, FontInfo)>, place: Option<PathBuf>) -> Fonts {
        let mut store = FontStore::new();
        let mut found: Vec<(FontPath, FontInfo)> = found.collect();
        // A folder is listed in no order; the same fonts give the same document.
        found.sort_by(|(one, _), (other, _)| (&one.path, one.index).cmp(&(&other.path, other.index)));
        store.extend(found);
        Fonts { store, place }
    }

    /// The store, for typst.
    pub fn store(&self) -> &FontStore {
        &self.store
    }

    /// The families that cover a text: as few as may be, and none where some letter would be missing on paper.
    pub fn choose(&self, text: &str) -> Result<Chosen, PdfError> {
        let mut wanted: BTreeSet<char> =
            text.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
        let families: Vec<Family> = self.families(&wanted);
        let mut chosen: Vec<String> = Vec::new();
        let mut replaced = Vec::new();
        while !wanted.is_empty() {
            let best = families.iter().filter(|family| family.covers.iter().any(|one| wanted.contains(one)));
            // The first is chosen by its Chinese letters, which must come from one hand; the others fill gaps.
            let best = best.min_by_key(|family| {
                let lacking = wanted.iter().filter(|one| !family.covers.contains(one));
                let chinese = lacking.clone().filter(|one| is_chinese(**one)).count();
                (chinese, family.preference, lacking.count(), family.name.clone())
            });
            let Some(best) = best else { break };
            wanted.retain(|one| !best.covers.contains(one));
            chosen.push(best.name.clone());
            if chosen.len() == 1 {
                for (sign, stand_in) in STAND_INS {
                    if wanted.contains(&sign) && stand_in.chars().all(|one| one == ' ' || best.covers.contains(&one)) {
                        wanted.remove(&sign);
                        replaced.push((sign, stand_in));
                    }
                }
            }
        }
        if wanted.is_empty() {
            return Ok(Chosen { families: chosen, replaced });
        }
        let chinese = wanted.iter().filter(|one| is_chinese(**one)).count();
        let lacking = wanted.iter().take(12).map(|one| format!("{one} (U+{:04X})", *one as u32)).collect::<Vec<_>>();
        Err(PdfError::NoFont {
            place: self.place.clone(),
            lacking: lacking.join(" "),
            count: wanted.len(),
            no_chinese: chinese > 100 || chosen.is_empty(),
        })
    }

    fn families(&self, wanted: &BTreeSet<char>) -> Vec<Family> {
        let book = self.store.book();
        // Stand-ins are looked for too.
        let asked: HashSet<char> =
            wanted.iter().copied().chain(STAND_INS.iter().flat_map(|(_, text)| text.chars())).collect();
        let covered = |info: &FontInfo| -> HashSet<char> {
            info.coverage.iter().filter_map(char::from_u32).filter(|letter| asked.contains(letter)).collect()
        };
        let of = |name: &str, indices: Vec<usize>| {
            let lower = name.to_lowercase();
            let regular = book.select(&lower, FontVariant::default())?;
            let info = book.info(regular)?;
            let place = PREFERRED.iter().position(|one| *one == lower);
            // Of those without a place simplified Chinese comes before other hands, and even widths before fixed ones.
            let is_other =
                usize::from(!lower.ends_with(" sc")) + 2 * usize::from(info.flags.contains(FontFlags::MONOSPACE));
            let mut covers = covered(info);
            // What the bold face lacks would come from another family, letter by letter.
            let bold = indices.iter().filter(|index| **index != regular).filter_map(|index| book.info(*index));
            if let Some(bold) = bold.into_iter().find(|info| info.variant.weight.to_number() == 700) {
                let bold = covered(bold);
                covers.retain(|letter| bold.contains(letter));
            }
            Some(Family { name: name.to_owned(), preference: place.unwrap_or(PREFERRED.len() + is_other), covers })
        };
        book.families().filter_map(|(name, indices)| of(name, indices.collect())).collect()
    }
}

/// A family, with what it covers of a text.
struct Family {
    name: String,
    preference: usize,
    covers: HashSet<char>,
}

/// Whether a letter is Chinese: an ideograph.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}
