-- Which share of a school's slices was accepted at the first try.
-- key: school_id
-- code: K05
-- title_zh: 一次通过率
-- title_en: Accepted at the first try
-- formula: slices accepted at the first try ÷ slices sent
-- formula_zh: 首次报送即被接收的报送单元 ÷ 已报送的报送单元
-- unit: share
-- clause: 八(一)
-- better: none
with first_try as (
    select * from staging.first_try
),

-- A month's slice counts in its term and year too.
part as (
    select period_type, period, month as part from staging.period_month
    union
    select period_type, period, period as part from staging.period
)

select
    cast('K05' as varchar) as indicator,
    cast(first_try.school_id as varchar) as school_id,
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(case when first_try.is_accepted then 1 else 0 end) as decimal(18,2)) as numerator,
    cast(count(*) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from first_try
inner join part on part.part = first_try.period
group by first_try.school_id, part.period_type, part.period
