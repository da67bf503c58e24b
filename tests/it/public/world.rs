//! Cities by chance: schools with slices that come late, are corrected, are taken back, and schools that move to another district.

use std::collections::BTreeMap;

/// Numbers by chance, the same for the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: i128) -> i128 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i128::from((mixed ^ (mixed >> 31)) >> 8) % bound.max(1)
    }

    pub fn once_in(&mut self, times: i128) -> bool {
        self.below(times) == 0
    }
}

/// A family of indicators that share people: the two shares by code, each with a numerator and a denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    pub name: &'static str,
    pub codes: [&'static str; 2],
    pub period_type: &'static str,
}

pub const FAMILIES: [Family; 3] = [
    Family { name: "participation", codes: ["C03", "C04"], period_type: "month" },
    Family { name: "poor", codes: ["C05", "F07"], period_type: "month" },
    Family { name: "survey", codes: ["S01", "S04"], period_type: "term" },
];

/// Terms of a city: each has nothing to do with the others, so that one run tries many.
pub const TERMS: usize = 15;

/// The year in which a term lies.
pub fn year(term: usize) -> String {
    (2001 + term).to_string()
}

/// A term's two months, or the term itself.
pub fn periods(period_type: &str, term: usize) -> Vec<String> {
    let year = year(term);
    match period_type {
        "month" => vec![format!("{year}-09"), format!("{year}-10")],
        _ => vec![format!("{year}-{}-1", 2002 + term)],
    }
}

/// What a slice says: numerator and denominator of the first share, and of the second where its own form came too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    pub values: [i128; 4],
    pub has_second: bool,
    /// Grows with every change; the same version says the same.
    pub version: usize,
}

/// A city at one release.
#[derive(Clone)]
pub struct State {
    /// The district of each school, by the register of that day.
    pub district: Vec<usize>,
    /// What counts, by family, term, place in it and school.
    pub slices: BTreeMap<(usize, usize, usize, usize), Slice>,
    /// Which months and terms are public, and which are final.
    pub is_public: BTreeMap<String, [bool; 2]>,
}

/// A city over its releases.
pub struct World {
    pub districts: usize,
    pub states: Vec<State>,
}

impl World {
    /// Few districts with few schools, many of them small; three releases.
    pub fn by_chance(seed: u64) -> World {
        let mut chance = Chance::new(seed);
        let districts = 2 + chance.below(4) as usize;
        let mut district = Vec::new();
        for one in 0..districts {
            district.extend(std::iter::repeat_n(one, 1 + chance.below(3) as usize));
        }
        let of_term =
            |chance: &mut Chance| district.iter().map(|_| [4, 12, 40, 300][chance.below(4) as usize]).collect();
        let sizes: Vec<Vec<i128>> = (0..TERMS).map(|_| of_term(&mut chance)).collect();
        let mut versions = 0;
        let mut slices = BTreeMap::new();
        for key in keys(district.len()) {
            if !chance.once_in(4) {
                slices.insert(key, slice(key.0, sizes[key.1][key.3], &mut chance, &mut versions));
            }
        }
        let mut states = vec![State { district, slices, is_public: open(0, &mut chance) }];
        for release in 1..3 {
            let mut next = states[release - 1].clone();
            next.is_public = open(release, &mut chance);
            happen(&mut next, &sizes, districts, &mut chance, &mut versions);
            states.push(next);
        }
        World { districts, states }
    }
}

/// Family, term, place in it and school of every slice that there may be.
fn keys(schools: usize) -> Vec<(usize, usize, usize, usize)> {
    let mut all = Vec::new();
    for (family, one) in FAMILIES.iter().enumerate() {
        for term in 0..TERMS {
            for place in 0..periods(one.period_type, term).len() {
                all.extend((0..schools).map(|school| (family, term, place, school)));
            }
        }
    }
    all
}

/// September is public from the first release on, October and the term from some later one, and some are final at last.
fn open(release: usize, chance: &mut Chance) -> BTreeMap<String, [bool; 2]> {
    let (later, last) = (release > 0, release == 2);
    let mut all = BTreeMap::new();
    for term in 0..TERMS {
        let is_final = later && chance.once_in(2) || last;
        let flags = [[true, is_final], [later || chance.once_in(2), last && chance.once_in(2)]];
        all.extend(periods("month", term).into_iter().zip(flags));
        all.extend(periods("term", term).into_iter().map(|one| (one, [later, is_final])));
    }
    all
}

fn happen(state: &mut State, sizes: &[Vec<i128>], districts: usize, chance: &mut Chance, versions: &mut usize) {
    for key in keys(state.district.len()) {
        let (family, size) = (key.0, sizes[key.1][key.3]);
        let after = match state.slices.remove(&key) {
            None if chance.once_in(2) => Some(slice(family, size, chance, versions)),
            Some(_) if chance.once_in(15) => None,
            Some(before) if chance.once_in(5) => Some(nudged(family, before, chance, versions)),
            Some(_) if chance.once_in(10) => Some(slice(family, size * 3, chance, versions)),
            same => same,
        };
        state.slices.extend(after.map(|after| (key, after)));
    }
    for district in &mut state.district {
        if chance.once_in(12) {
            *district = chance.below(districts as i128) as usize;
        }
    }
}

fn slice(family: usize, size: i128, chance: &mut Chance, versions: &mut usize) -> Slice {
    *versions += 1;
    let whole = 1 + chance.below(size);
    let part = |chance: &mut Chance, of: i128| match chance.below(4) {
        0 => of,
        1 => 0,
        _ => chance.below(of + 1),
    };
    let values = if family == 0 {
        // Pupils, those who want it and those who take part; nobody is met who doesn't take part.
        let (wanting, enrolled) = (part(chance, whole), part(chance, whole));
        [wanting.min(enrolled), wanting, enrolled, whole]
    } else if family == 1 {
        // Poor pupils who want it, those who take part, and those of them who go free.
        let enrolled = part(chance, whole);
        [enrolled.min(whole), whole, part(chance, enrolled), enrolled]
    } else {
        // Parents, and pupils besides.
        let all = whole + chance.below(5);
        [part(chance, whole), whole, part(chance, all), all]
    };
    Slice { values, has_second: family != 1 || !chance.once_in(5), version: *versions }
}

/// A correction of a few.
fn nudged(family: usize, before: Slice, chance: &mut Chance, versions: &mut usize) -> Slice {
    *versions += 1;
    let by = 1 + chance.below(3);
    let [one, two, three, four] = before.values;
    let values = match (family, chance.below(2)) {
        (0, 0) => [one, two, three, four + by],
        (0, _) => [one + by, two + by, three + by, four + by],
        (1, 0) => [one, two + by, three, four],
        (1, _) => [one + by, two + by, three + by, four + by],
        (_, 0) => [one, two + by, three, four + by],
        _ => [one + by, two + by, three + by, four + by],
    };
    Slice { values, version: *versions, ..before }
}
