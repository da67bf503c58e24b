-- A finding of this run, whatever was found before: its id is made of rule, district, school, period and subject alone.
-- stored: table
-- collects: rules.*
select
    cast(md5(concat_ws('|', rule, district_code, school_id, period, subject)) as varchar) as finding_id,
    cast(rule as varchar) as rule,
    cast(min(severity) as varchar) as severity,
    cast(school_id as varchar) as school_id,
    cast(district_code as varchar) as district_code,
    cast(period as varchar) as period,
    cast(subject as varchar) as subject,
    cast(max(amount) as decimal(18,2)) as amount,
    cast(min(message_zh) as varchar) as message_zh,
    cast(min(message_en) as varchar) as message_en,
    cast(min(clause) as varchar) as clause
from rules.all
group by rule, school_id, district_code, period, subject
