-- The fee standard in force for a school on a day on which it took or gave back money: of its own kind of place before '*'.
-- stored: table
-- key: school_id
with paid as (
    select distinct school_id, paid_on from staging.charge
),

candidate as (
    select
        paid.school_id,
        paid.paid_on,
        standard.yuan_per_session,
        standard.yuan_per_month_cap,
        standard.doc_no,
        row_number() over (
            partition by paid.school_id, paid.paid_on
            order by standard.urban_rural desc nulls last
        ) as place
    from paid
    inner join staging.school as school on school.school_id = paid.school_id
    inner join reference.fee_standard as standard
        on standard.district_code = school.district_code
        and (standard.urban_rural = school.urban_rural or standard.urban_rural = '*')
        and standard.valid_from <= paid.paid_on
        and paid.paid_on <= coalesce(standard.valid_to, date '9999-12-31')
)

select
    cast(school_id as varchar) as school_id,
    cast(paid_on as date) as paid_on,
    cast(yuan_per_session as decimal(18,2)) as yuan_per_session,
    cast(yuan_per_month_cap as decimal(18,2)) as yuan_per_month_cap,
    cast(doc_no as varchar) as doc_no
from candidate
where place = 1
