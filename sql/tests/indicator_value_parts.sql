-- Districts sum to the city, and town and country sum to the headline; but for means and scores, and for the cases of findings
-- that are a district's and no school's.
-- periods: period
with district as (
    select indicator, period_type, period, dimension, sum(numerator) as numerator, sum(denominator) as denominator
    from marts.indicator_value
    where level = 'district'
    group by indicator, period_type, period, dimension
),

cut as (
    select indicator, period_type, period, sum(numerator) as numerator, sum(denominator) as denominator
    from marts.indicator_value
    where level = 'city' and dimension like 'urban_rural=%'
    group by indicator, period_type, period
),

city as (
    select * from marts.indicator_value where level = 'city'
)

select city.indicator, city.period, city.dimension, city.numerator, district.numerator as parts
from city
left join district
    on district.indicator = city.indicator
    and district.period_type = city.period_type
    and district.period = city.period
    and district.dimension = city.dimension
where city.indicator not in ('K01', 'E01')
    and (district.numerator is null or district.numerator <> city.numerator or district.denominator <> city.denominator)
union all
select city.indicator, city.period, city.dimension, city.numerator, cut.numerator as parts
from city
left join cut on cut.indicator = city.indicator and cut.period_type = city.period_type and cut.period = city.period
where city.dimension = '' and city.indicator not in ('K01', 'K02', 'E01')
    and (cut.numerator is null or cut.numerator <> city.numerator or cut.denominator <> city.denominator)
