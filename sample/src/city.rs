//! The city: its schools, classes, pupils and staff, all made up.

use chrono::{Days, NaiveDate};

use crate::reference::Reference;
use crate::rng::Rng;
use crate::{Options, Planting};

/// Primary schools at scale 1.
const PRIMARY: f64 = 500.0;
/// Junior schools at scale 1.
const JUNIOR: f64 = 80.0;

/// A school.
#[derive(Debug, Clone)]
pub struct School {
    /// Its place in the city.
    pub index: usize,
    /// Ten digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its district's code.
    pub district: String,
    /// Whether its district is the city itself.
    pub is_municipal: bool,
    /// `primary`, `teaching_point`, `nine_year`, `junior`.
    pub kind: &'static str,
    /// `urban`, `town`, `rural`.
    pub place: &'static str,
    /// When the service starts; none for a junior school that doesn't follow.
    pub started_on: Option<NaiveDate>,
    /// Staff pay in hundredths of fees and subsidies.
    pub pay_percent: i64,
    /// Its classes.
    pub classes: Vec<Class>,
}

/// A class.
#[derive(Debug, Clone)]
pub struct Class {
    /// `三(2)班`
    pub id: String,
    /// 1 to 9.
    pub grade: u8,
    /// Pupils on the roll.
    pub pupils: u32,
    /// The numbers of those who take part, from this one on; the first `poor` of them are from registered poor households.
    pub first_pupil: u32,
    /// How many take part.
    pub enrolled: u32,
    /// How many of them are poor.
    pub poor: u32,
}

impl School {
    /// Whether the notice guarantees the service at this school.
    pub fn is_primary(&self) -> bool {
        self.kind != "junior"
    }

    /// Pupils who take part.
    pub fn enrolled(&self) -> u32 {
        self.classes.iter().map(|class| class.enrolled).sum()
    }
}

/// The city's schools: the same for the same seed and scale.
pub fn schools(options: &Options, reference: &Reference) -> Vec<School> {
    let mut schools = Vec::new();
    for (place, district) in reference.districts.iter().enumerate() {
        let share = share(place, reference.districts.len());
        // Town and country in each district, so that standards and comparisons have both.
        let primary = ((PRIMARY * options.scale * share).round() as usize).max(2);
        let junior = ((JUNIOR * options.scale * share).round() as usize).max(usize::from(place % 2 == 1));
        for number in 0..primary + junior {
            let index = schools.len();
            let mut rng = Rng::of(options.seed, &[1, index as u64]);
            let is_junior = number >= primary;
            let kind = match (is_junior, number % 10) {
                (true, _) => "junior",
                (false, 7) => "nine_year",
                (false, 9) => "teaching_point",
                (false, _) => "primary",
            };
            let at = ["urban", "rural", "town", "urban", "rural"][number % 5];
            let at = if district.is_municipal { "urban" } else { at };
            let serial = if is_junior { 5000 + number - primary } else { number + 1 };
            let word = if is_junior { "初级中学" } else { "小学" };
            // Half of the junior schools follow; primary schools start in the weeks before the deadline.
            let starts = !is_junior || rng.chance(500);
            let deadline: NaiveDate = reference.policy("rollout_deadline").parse().expect("a date");
            let first = deadline - Days::new(28);
            let started_on = starts.then(|| {
                let wanted = first + Days::new(rng.below(26));
                let open = reference.days.range(wanted..=deadline).find(|(_, lessons)| **lessons);
                *open.map_or(&first, |(day, _)| day)
            });
            schools.push(School {
                index,
                id: format!("{}{serial:04}", district.code),
                name: format!("{}第{}{word}（虚构）", district.name, serial % 5000),
                district: district.code.clone(),
                is_municipal: district.is_municipal,
                kind,
                place: at,
                started_on,
                // One in forty pays its staff exactly what it must.
                pay_percent: if index % 40 == 5 && !district.is_municipal { 80 } else { 85 },
                classes: classes(kind, &mut rng),
            });
        }
    }
    fates(&mut schools, options, reference);
    schools
}

/// How often everything is planted: once, and ten times at scale 1.
pub fn copies(options: &Options) -> usize {
    ((options.scale * 10.0).round() as usize).clamp(1, 10)
}

/// Some schools start on the last day that they may; where breaches are planted, some start later and some never, and the
/// city's own schools pay their staff too little.
fn fates(schools: &mut [School], options: &Options, reference: &Reference) {
    let plants = options.planting == Planting::On;
    let deadline: NaiveDate = reference.policy("rollout_deadline").parse().expect("a date");
    let primary: Vec<usize> = schools
        .iter()
        .filter(|school| school.kind == "primary" && !school.is_municipal && school.pay_percent != 80)
        .map(|school| school.index)
        .collect();
    let copies = copies(options);
    for copy in 0..copies {
        let [on_time, late, never] =
            [0, 1, 2].map(|place| primary[(copy * primary.len() / copies + place) % primary.len()]);
        schools[on_time].started_on = Some(deadline);
        if plants {
            let later = reference.days.range(deadline + Days::new(1)..).find(|(_, lessons)| **lessons);
            schools[late].started_on = later.map(|(day, _)| *day);
            schools[never].started_on = None;
        }
    }
    for school in schools.iter_mut().filter(|school| plants && school.is_municipal) {
        school.pay_percent = 75;
    }
}

/// What part of the city's schools a district has: some are three times as large as others.
fn share(place: usize, districts: usize) -> f64 {
    let weight = |place: usize| [0.3, 1.2, 1.1, 0.9, 0.8, 1.0, 2.2, 0.5][place % 8];
    weight(place) / (0..districts).map(weight).sum::<f64>()
}

fn classes(kind: &str, rng: &mut Rng) -> Vec<Class> {
    let (grades, parallel) = match kind {
        "teaching_point" => (1..=4, 1),
        "nine_year" => (1..=9, 2),
        "junior" => (7..=9, rng.between(3, 5)),
        _ => (1..=6, rng.between(2, 4)),
    };
    let mut next = 1;
    let mut classes = Vec::new();
    for grade in grades {
        for number in 1..=parallel {
            let pupils = rng.between(37, 45) as u32;
            // Two in three take part, in some classes more, in some fewer.
            let enrolled = pupils * rng.between(60, 76) as u32 / 100;
            let poor = rng.between(1, 3).min(u64::from(enrolled)) as u32;
            let numeral = ["一", "二", "三", "四", "五", "六", "七", "八", "九"][grade as usize - 1];
            classes.push(Class {
                id: format!("{numeral}({number})班"),
                grade,
                pupils,
                first_pupil: next,
                enrolled,
                poor,
            });
            next += enrolled;
        }
    }
    classes
}
