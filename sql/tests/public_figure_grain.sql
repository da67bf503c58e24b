-- A public figure stands once, and one that is withheld has no part of it that could be read.
select indicator, level, unit_id, period_type, period, count(*) as rows
from marts.public_figure
group by indicator, level, unit_id, period_type, period
having count(*) > 1
    or indicator is null or level is null or unit_id is null or period_type is null or period is null
    or max(case
        when is_withheld
            and (
                numerator is not null or denominator is not null or value is not null or lower is not null or upper is not null
                or reported is not null or expected is not null or status <> 'none'
            )
            then 1
        else 0
    end) = 1
