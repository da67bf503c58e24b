-- The public figure of the city is the sum of its districts' where none of them is withheld, so that no page contradicts itself.
with district as (
    select
        indicator, period_type, period, max(case when is_withheld then 1 else 0 end) as withheld,
        sum(numerator) as numerator, sum(denominator) as denominator
    from marts.public_figure
    where level = 'district'
    group by indicator, period_type, period
)

select city.indicator, city.period, city.numerator, district.numerator as parts
from marts.public_figure as city
inner join district
    on district.indicator = city.indicator and district.period_type = city.period_type and district.period = city.period
where city.level = 'city' and district.withheld = 0
    and (district.numerator <> city.numerator or district.denominator <> city.denominator)
