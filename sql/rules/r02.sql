-- A school and month in which more pupils of some class of grades 1 to 6 wanted the service than took part.
-- key: school_id
-- rule: R02
-- title_zh: 需求未满足
-- title_en: Demand not met
-- severity: medium
-- clause: 二
-- blind: Pupils whose need the school did not ask for, and pupils who wanted it and then chose otherwise.
-- blind_zh: 学校没有统计到的需求，以及有需求但后来自愿放弃的学生。
with short as (
    select
        school_id, period, submission_id, row_no,
        sum(wanting - enrolled) over (partition by school_id, period) as all_pupils,
        count(*) over (partition by school_id, period) as classes
    from staging.class_roster
    where grade <= 6 and wanting > enrolled
),

breach as (
    select
        short.school_id, short.period, '' as subject, cast(null as decimal(18,2)) as amount, short.all_pupils, short.classes,
        'class_roster' as evidence_form, short.submission_id as evidence_submission_id, short.row_no as evidence_row_no
    from short
)

select
    cast('R02' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || breach.period || ' 有 ' || cast(breach.classes as varchar) || ' 个班共 ' || cast(breach.all_pupils as varchar) || ' 名有需求的学生没有参加课后服务。' as varchar) as message_zh,
    cast('In ' || breach.period || ', ' || cast(breach.all_pupils as varchar) || ' pupils in ' || cast(breach.classes as varchar) || ' classes of ' || school.school_name || ' wanted the service and did not take part.' as varchar) as message_en,
    cast('二' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
