-- A school stands once in each funnel, its key has no gap, and its limits lie around the overall share in their order.
-- periods: period
select indicator, group_level, group_id, school_id, period_type, period, count(*) as rows
from marts.funnel
group by indicator, group_level, group_id, school_id, period_type, period
having count(*) > 1
    or indicator is null or group_level is null or group_id is null or school_id is null or period_type is null or period is null
    or max(case
        when lower_998 <= lower_95 and lower_95 <= overall and overall <= upper_95 and upper_95 <= upper_998 then 0
        else 1
    end) = 1
