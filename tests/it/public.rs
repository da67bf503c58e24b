//! Nothing that is withheld can be computed: over cities by chance and three releases, all that the public can fetch is set up as
//! linear equations over what each school's slices say, and solved. That pages and files show these rows and no other is what
//! `dashboard/src/scope/tests.rs` and `dashboard/src/tests/open.rs` hold.
//!
//! Who computes here knows more than anybody does: which schools sent what when, which slices changed, which blocks the city's sums
//! are made of and when each was published, and which of a school's numbers are the same number.

mod engine;
mod linear;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Models, Public, Release, district, releases, school};
use linear::{Known, Sum};
use world::{FAMILIES, Slice, TERMS, World, periods, year};

const MIN_CELL: i128 = 10;

/// Unknowns: what a version of a slice says, and of which district and block it was.
#[derive(Default)]
struct Unknowns {
    numbers: BTreeMap<(usize, usize), usize>,
    values: Vec<i128>,
}

impl Unknowns {
    /// The unknown of one of a slice's four numbers. Where the second numerator is the first (who takes part and wants to) or the
    /// first is the second denominator, it is one unknown.
    fn of(&mut self, family: usize, slice: &Slice, at: usize) -> usize {
        let same = match (family, at) {
            (0, 2) if slice.values[2] == slice.values[0] => 0,
            (1, 3) if slice.values[3] == slice.values[0] => 0,
            _ => at,
        };
        *self.numbers.entry((slice.version, same)).or_insert_with(|| {
            self.values.push(slice.values[same]);
            self.values.len() - 1
        })
    }
}

/// All that somebody knows of one family in one term and its months, and what must not follow from it.
struct Case<'a> {
    world: &'a World,
    releases: &'a [Release],
    family: usize,
    term: usize,
    periods: Vec<String>,
    unknowns: Unknowns,
    known: Known,
    learnt: BTreeSet<Sum>,
    /// Whether the SQL counts a school where the register has it, for the leak that this is.
    by_register: bool,
}

impl<'a> Case<'a> {
    fn new(world: &'a World, releases: &'a [Release], family: usize, term: usize, by_register: bool) -> Case<'a> {
        let mut case = Case {
            world,
            releases,
            family,
            term,
            periods: periods(FAMILIES[family].period_type, term),
            unknowns: Unknowns::default(),
            known: Known::default(),
            learnt: BTreeSet::new(),
            by_register,
        };
        for (at, release) in releases.iter().enumerate() {
            for row in release.public.iter().filter(|row| is_of(row, family, term)) {
                if let Some(numbers) = row.numbers {
                    for (which, number) in numbers.into_iter().enumerate() {
                        case.learn(at, row, which, number);
                    }
                }
            }
        }
        case
    }

    /// One number that stands on a page: the sum of which slices it is, and that it is.
    fn learn(&mut self, release: usize, row: &Public, which: usize, number: i128) {
        let family = &FAMILIES[self.family];
        let share = usize::from(row.indicator == family.codes[1]);
        let mut sum = Sum::new();
        for (place, period) in self.periods.iter().enumerate() {
            if *period != row.period && row.period.len() == 7 {
                continue;
            }
            // The newest edition of each block that the row is made of.
            let mut blocks: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
            let shown = self.releases[release].editions.iter().filter(|one| {
                one.part == "shown"
                    && one.family == family.name
                    && one.period == *period
                    && one.indicator == row.indicator
            });
            for one in shown.filter(|one| row.unit == "city" || one.district == row.unit) {
                let newest = blocks.entry(&one.district).or_default();
                *newest = (*newest).max((one.edition, one.release));
            }
            for (block, (_, published)) in blocks {
                for slice in self.block(block, period, place, published) {
                    if share == 0 || slice.has_second {
                        let unknown = self.unknowns.of(self.family, &slice, 2 * share + which);
                        *sum.entry(unknown).or_default() += 1;
                    }
                }
            }
        }
        let value: i128 = sum.iter().map(|(at, times)| self.unknowns.values[*at] * times).sum();
        assert_eq!(value, number, "{row:?} of release {release} is another sum than it is taken for");
        self.known.learn(&sum);
        self.learnt.insert(sum);
    }

    /// The slices that a block's edition of a release was made of: of the schools that are its own for ever.
    fn block(&self, block: &str, period: &str, place: usize, release: usize) -> Vec<Slice> {
        let family = &FAMILIES[self.family];
        let of = |part: &str| {
            let part = part.to_owned();
            self.releases[release]
                .editions
                .iter()
                .filter(move |one| one.part == part && one.family == family.name && one.period == period)
        };
        let pooled: BTreeSet<&str> = of("pooled").map(|one| one.district.as_str()).collect();
        let members: BTreeMap<&str, &str> =
            of("school").map(|one| (one.school.as_str(), one.district.as_str())).collect();
        let state = &self.world.states[release];
        (0..state.district.len())
            .filter(|at| {
                let register = district(state.district[*at]);
                let own =
                    if self.by_register { Some(register.as_str()) } else { members.get(school(*at).as_str()).copied() };
                own.is_some_and(|own| if block.is_empty() { pooled.contains(own) } else { own == block })
            })
            .filter_map(|at| state.slices.get(&(self.family, self.term, place, at)).copied())
            .collect()
    }

    /// The slices of a district at a release: of the schools that count there.
    fn slices_of(&self, unit: &str, place: usize, release: usize) -> Vec<Slice> {
        let family = &FAMILIES[self.family];
        let state = &self.world.states[release];
        let counts_in: BTreeMap<&str, &str> = self.releases[release]
            .editions
            .iter()
            .filter(|one| one.part == "school" && one.family == family.name && one.period == self.periods[place])
            .map(|one| (one.school.as_str(), one.district.as_str()))
            .collect();
        let of = |at: usize| match counts_in.get(school(at).as_str()) {
            Some(district) => (*district).to_owned(),
            None => district(state.district[at]),
        };
        (0..state.district.len())
            .filter(|at| of(*at) == unit)
            .filter_map(|at| state.slices.get(&(self.family, self.term, place, at)).copied())
            .collect()
    }

    /// What can be computed and should not; how many withheld cells were looked at.
    fn faults(&mut self) -> (Vec<String>, usize) {
        let family = FAMILIES[self.family];
        let (mut faults, mut cells) = (Vec::new(), 0);
        let ways = self.ways();
        let withheld: BTreeSet<(String, String, String)> = self
            .releases
            .iter()
            .flat_map(|release| &release.public)
            .filter(|row| row.numbers.is_none() && is_of(row, self.family, self.term))
            .map(|row| (row.indicator.clone(), row.unit.clone(), row.period.clone()))
            .collect();
        let withheld_in: BTreeSet<(String, String)> =
            withheld.iter().map(|(_, unit, period)| (unit.clone(), period.clone())).collect();
        for (indicator, unit, period) in withheld {
            let share = usize::from(indicator == family.codes[1]);
            for release in 0..self.releases.len() {
                for (which, name) in ["numerator", "denominator"].into_iter().enumerate() {
                    let (mut cell, mut is_part) = (Sum::new(), false);
                    for (place, one) in self.periods.clone().iter().enumerate() {
                        if *one == period || period.len() != 7 {
                            for slice in self.slices_of(&unit, place, release) {
                                if share == 0 || slice.has_second {
                                    is_part |= withheld_in.contains(&(unit.clone(), one.clone()));
                                    *cell
                                        .entry(self.unknowns.of(self.family, &slice, 2 * share + which))
                                        .or_default() += 1;
                                }
                            }
                        }
                    }
                    // Nobody sent anything, or nothing for the months that are withheld: there is no cell.
                    if cell.is_empty() || !is_part {
                        continue;
                    }
                    cells += 1;
                    let what = format!("the {name} of {indicator} of {unit} in {period} as of release {release}");
                    if self.known.tells(&cell) {
                        faults.push(format!("{what} can be computed"));
                    } else if !can_be_another(&ways, &cell) {
                        faults.push(format!("{what} is the only one that its bounds allow"));
                    }
                }
            }
        }
        faults.extend(self.schools());
        faults.extend(self.differences());
        (faults, cells)
    }

    /// No school's share on too few people follows either, not even from what changed.
    fn schools(&mut self) -> Vec<String> {
        let mut faults = Vec::new();
        // Nobody is told a share on the poor pupils who take part.
        let second = FAMILIES[self.family].codes[1];
        let has_second = self.releases.iter().any(|release| release.public.iter().any(|row| row.indicator == second));
        let slices: Vec<Slice> = self
            .world
            .states
            .iter()
            .flat_map(|state| {
                state
                    .slices
                    .iter()
                    .filter(|(key, _)| (key.0, key.1) == (self.family, self.term))
                    .map(|(_, slice)| *slice)
            })
            .collect();
        for slice in slices {
            for at in [1, 3].into_iter().filter(|at| *at == 1 || slice.has_second && has_second) {
                let unknown = self.unknowns.of(self.family, &slice, at);
                let people = slice.values[at];
                if (1..MIN_CELL).contains(&people) && self.known.tells(&Sum::from([(unknown, 1)])) {
                    faults.push(format!("a school's {people} people can be computed: {slice:?}"));
                }
            }
        }
        faults
    }

    /// A district's figure stays as it is or changes by enough people.
    fn differences(&self) -> Vec<String> {
        let mut seen: BTreeMap<(String, String, String), Vec<[i128; 2]>> = BTreeMap::new();
        let rows = self.releases.iter().flat_map(|release| &release.public);
        for row in rows.filter(|row| {
            row.unit != "city" && self.periods.contains(&row.period) && is_of(row, self.family, self.term)
        }) {
            if let Some(numbers) = row.numbers {
                seen.entry((row.indicator.clone(), row.unit.clone(), row.period.clone())).or_default().push(numbers);
            }
        }
        let mut faults = Vec::new();
        for (what, numbers) in seen {
            for (at, one) in numbers.iter().enumerate() {
                if (1..MIN_CELL).contains(&one[1]) {
                    faults.push(format!("{what:?} is shown and is on {} people", one[1]));
                }
                for other in &numbers[at..] {
                    let few = (0..2).any(|part| (1..MIN_CELL).contains(&(one[part] - other[part]).abs()));
                    if few {
                        faults.push(format!("{what:?} went from {one:?} to {other:?}"));
                    }
                }
            }
        }
        faults
    }

    /// The ways to change a slice by one pupil, up and down, by what they change of what stands on pages.
    fn ways(&mut self) -> Vec<Vec<Way>> {
        let slices: BTreeMap<usize, Slice> = self
            .world
            .states
            .iter()
            .flat_map(|state| {
                state
                    .slices
                    .iter()
                    .filter(|(key, _)| (key.0, key.1) == (self.family, self.term))
                    .map(|(_, slice)| (slice.version, *slice))
            })
            .collect();
        let mut ways: BTreeMap<Vec<(usize, i128)>, Vec<Way>> = BTreeMap::new();
        for slice in slices.values() {
            for kind in 1..16_usize {
                let moved: Vec<usize> = (0..4).filter(|at| kind & (1 << at) != 0).collect();
                let up: Sum = moved.iter().map(|at| (self.unknowns.of(self.family, slice, *at), 1)).collect();
                let down: Sum = up.keys().map(|at| (*at, -1)).collect();
                let told =
                    self.learnt.iter().enumerate().map(|(at, sum)| (at, weight(sum, &up))).filter(|one| one.1 != 0);
                let way = Way {
                    can_grow: self.is_sound(slice, &up),
                    can_shrink: self.is_sound(slice, &down),
                    version: slice.version,
                    up: up.clone(),
                };
                ways.entry(told.collect()).or_default().push(way);
            }
        }
        // What stands on no page may change by itself: beside it nothing has to.
        if let Some(own) = ways.get_mut(&Vec::new()) {
            own.push(Way { can_grow: true, can_shrink: true, version: 0, up: Sum::new() });
        }
        ways.into_values().collect()
    }

    /// Whether a slice is possible with its numbers changed so.
    fn is_sound(&self, slice: &Slice, change: &Sum) -> bool {
        let value = |at: usize| {
            let unknown = self.unknowns.numbers.get(&(slice.version, at)).copied();
            slice.values[at] + unknown.and_then(|unknown| change.get(&unknown).copied()).unwrap_or_default()
        };
        let shared = |at: usize| match (self.family, at) {
            (0, 2) if slice.values[2] == slice.values[0] => value(0),
            (1, 3) if slice.values[3] == slice.values[0] => value(0),
            _ => value(at),
        };
        let [one, two, three, four] = [0, 1, 2, 3].map(shared);
        (0..=two).contains(&one) && (!slice.has_second || (0..=four).contains(&three))
    }
}

/// Whether a row is of a family's indicators and of a term, its months or its year.
fn is_of(row: &Public, family: usize, term: usize) -> bool {
    FAMILIES[family].codes.contains(&row.indicator.as_str()) && row.period.starts_with(&year(term))
}

/// One pupil more in a slice.
struct Way {
    can_grow: bool,
    can_shrink: bool,
    version: usize,
    up: Sum,
}

/// Whether all that is known fits another value of the sum: one pupil more in one slice and one fewer in another changes it,
/// and no number that stands on a page, and no share is above one or below nothing.
fn can_be_another(ways: &[Vec<Way>], cell: &Sum) -> bool {
    ways.iter().any(|alike| {
        alike.iter().filter(|from| from.can_shrink).any(|from| {
            let lost = weight(cell, &from.up);
            alike.iter().any(|to| to.can_grow && to.version != from.version && weight(cell, &to.up) != lost)
        })
    })
}

/// How often a change counts in a sum.
fn weight(sum: &Sum, change: &Sum) -> i128 {
    change.iter().map(|(at, times)| sum.get(at).copied().unwrap_or_default() * times).sum()
}

/// What can be computed of a city by chance and should not; and how many withheld cells it has.
fn solved(models: &Models, seed: u64, by_register: bool) -> (Vec<String>, usize) {
    // Plans of many steps nest deeply.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(32 << 20)
        .build()
        .expect("threads");
    let world = World::by_chance(seed);
    let models = models.clone();
    let (world, releases) = runtime
        .block_on(runtime.spawn(async move {
            let releases = releases(&models, &world).await;
            (world, releases)
        }))
        .expect("it ends");
    let (mut faults, mut cells) = (Vec::new(), 0);
    for (family, term) in (0..FAMILIES.len()).flat_map(|family| (0..TERMS).map(move |term| (family, term))) {
        let (found, looked_at) = Case::new(&world, &releases, family, term, by_register).faults();
        faults.extend(found.into_iter().map(|fault| format!("city {seed}: {fault}")));
        cells += looked_at;
    }
    (faults, cells)
}

/// `KEHOU_PUBLIC_CITIES` says how many cities are tried; each has terms that have nothing to do with each other.
fn cities() -> u64 {
    std::env::var("KEHOU_PUBLIC_CITIES").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

#[test]
fn no_withheld_cell_can_be_computed() {
    let models = Models::built_in();
    let (mut faults, mut cells) = (Vec::new(), 0);
    for seed in 0..cities() {
        let (found, looked_at) = solved(&models, seed, false);
        faults.extend(found);
        cells += looked_at;
    }
    assert!(faults.is_empty(), "{} of {cells} cells:\n{}", faults.len(), faults.join("\n"));
    assert!(cells > 200, "{cells} withheld cells tell nothing");
    println!("{cells} withheld cells of {} cities: none can be computed", cities());
}

/// With a part of the argument taken out of the SQL, some city tells what it should not.
#[test]
fn a_planted_leak_is_found() {
    let sound = Models::built_in();
    let plants = [
        (
            "only the small are withheld",
            "when pool_districts >= 2\n                and pool_denominator >= min_cell\n                and pool_numerator > 0",
            "when true or city_numerator < 0",
        ),
        ("a pool may be of nobody above the line", "                and pool_numerator > 0\n", ""),
        (
            "poor pupils who go free are told too",
            "union all\nselect cast('survey' as varchar) as family, cast('S01' as varchar) as indicator",
            "union all\nselect 'poor' as family, 'F07' as indicator, 'month' as period_type\nunion all\nselect cast('survey' as varchar) as family, cast('S01' as varchar) as indicator",
        ),
        (
            "a school counts where the register moves it",
            "coalesce(member.district_code, own.district_code) as district_code",
            "own.district_code as district_code",
        ),
        ("every change is shown", "and blockwise.tells = 0", "and blockwise.tells >= 0"),
    ];
    for (name, from, to) in plants {
        let (edition, measure) = (sound.edition.replace(from, to), sound.measure.replace(from, to));
        assert!((&edition, &measure) != (&sound.edition, &sound.measure), "{name}: the SQL has changed; plant it anew");
        let models = Models { edition, measure, ..sound.clone() };
        let by_register = name.ends_with("register moves it");
        let found = (0..12).find_map(|seed| solved(&models, seed, by_register).0.into_iter().next());
        let found = found.unwrap_or_else(|| panic!("{name}: nothing was found"));
        println!("{name}: {found}");
    }
}
