-- Each school's sums of people that may become public: what marts.public_edition adds up, of months and terms whose reports were due.
-- No door leads here.
-- stored: table
-- periods: period
select
    cast(measure.family as varchar) as family,
    cast(figure.period_type as varchar) as period_type,
    cast(figure.period as varchar) as period,
    cast(figure.district_code as varchar) as district_code,
    cast(figure.unit_id as varchar) as school_id,
    cast(figure.indicator as varchar) as indicator,
    cast(figure.numerator as decimal(18,2)) as numerator,
    cast(figure.denominator as decimal(18,2)) as denominator,
    cast(figure.reported as bigint) as reported,
    cast(figure.expected as bigint) as expected
from marts.figure as figure
inner join staging.public_measure as measure
    on measure.indicator = figure.indicator and measure.period_type = figure.period_type
inner join staging.public_period as open_period on open_period.period = figure.period and open_period.is_public
where figure.level = 'school' and figure.dimension = ''
