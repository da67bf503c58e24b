//! The list of tables that pages may read, and by what each is narrowed. What has no door here doesn't exist for a page.

/// A table's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// The schema.
    pub schema: &'static str,
    /// The table.
    pub table: &'static str,
    /// To whom it is open at all.
    pub needs: Needs,
    /// Which of its rows.
    pub guard: Guard,
    /// Where its rows are.
    pub hold: Hold,
}

/// Which right opens a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// School, district, city.
    Figures,
    /// These and inspectors.
    Findings,
    /// The city alone: what names schools to each other.
    City,
    /// Who is not logged in, and who looks at the public's pages.
    Public,
}

/// By what rows are narrowed. The city sees every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Rows that are nobody's: policy, calendar, standards, what is public.
    Everyone,
    /// Rows with `school_id` and `district_code`: a school its own, a district and an inspector their districts'.
    Unit,
    /// Indicator values: the unit's own, a district its schools' too, and the city's to compare with.
    Indicator,
    /// Rows with `district_code` alone.
    District,
    /// The same, and the city's rows, which have none. A school gets the city's alone.
    DistrictOrCity,
    /// Rows that belong to a row of another table that is narrowed before.
    Child {
        /// That table's schema.
        schema: &'static str,
        /// That table.
        table: &'static str,
        /// The column by which they belong.
        by: &'static str,
    },
    /// A form's stored rows: those of the schools in sight.
    Rows,
}

/// Where a table's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Loaded once a release.
    Memory,
    /// Read from the warehouse's files when asked for.
    Files,
}

const fn memory(schema: &'static str, table: &'static str, needs: Needs, guard: Guard) -> Door {
    Door { schema, table, needs, guard, hold: Hold::Memory }
}

const fn rows(table: &'static str) -> Door {
    Door { schema: "facts", table, needs: Needs::Findings, guard: Guard::Rows, hold: Hold::Files }
}

/// All doors; a child comes after its parent.
pub const DOORS: [Door; 41] = [
    memory("marts", "public_figure", Needs::Public, Guard::Everyone),
    memory("marts", "public_school", Needs::Public, Guard::Everyone),
    memory("marts", "public_spending", Needs::Public, Guard::Everyone),
    memory("marts", "policy_now", Needs::Findings, Guard::Everyone),
    memory("reference", "policy", Needs::Findings, Guard::Everyone),
    memory("staging", "period", Needs::Findings, Guard::Everyone),
    memory("reference", "weight", Needs::Figures, Guard::Everyone),
    memory("reference", "fee_standard", Needs::Findings, Guard::District),
    memory("marts", "district", Needs::Findings, Guard::District),
    memory("marts", "school", Needs::Findings, Guard::Unit),
    memory("marts", "indicator_value", Needs::Figures, Guard::Indicator),
    memory("marts", "target_gap", Needs::Figures, Guard::Indicator),
    memory("marts", "score", Needs::Figures, Guard::Indicator),
    memory("marts", "score_sensitivity", Needs::Figures, Guard::Indicator),
    memory("marts", "score_range", Needs::Figures, Guard::Indicator),
    memory("marts", "funnel", Needs::Figures, Guard::Unit),
    memory("marts", "similar_place", Needs::Figures, Guard::Unit),
    memory("marts", "similar_school", Needs::City, Guard::Unit),
    memory("marts", "slice", Needs::Figures, Guard::Unit),
    memory("marts", "slice_mark", Needs::Figures, Guard::Unit),
    memory("marts", "rollout", Needs::Figures, Guard::DistrictOrCity),
    memory("marts", "finding", Needs::Findings, Guard::Unit),
    memory(
        "marts",
        "finding_evidence",
        Needs::Findings,
        Guard::Child { schema: "marts", table: "finding", by: "finding_id" },
    ),
    memory("marts", "finding_event", Needs::Findings, Guard::Unit),
    memory("marts", "case_now", Needs::Findings, Guard::Unit),
    memory(
        "facts",
        "case_event",
        Needs::Findings,
        Guard::Child { schema: "marts", table: "finding", by: "finding_id" },
    ),
    memory("facts", "submission", Needs::Findings, Guard::Unit),
    memory(
        "facts",
        "submission_issue",
        Needs::Figures,
        Guard::Child { schema: "facts", table: "submission", by: "submission_id" },
    ),
    rows("raw_school"),
    rows("raw_class_roster"),
    rows("raw_service_plan"),
    rows("raw_group_session"),
    rows("raw_attendance"),
    rows("raw_charge"),
    rows("raw_fund_ledger"),
    rows("raw_staff_work"),
    rows("raw_provider"),
    rows("raw_survey"),
    rows("raw_inspection"),
    rows("raw_annual_report"),
    rows("raw_subsidy"),
];
