-- What a pupil was charged for a month (the receipts' billed period), net of its refunds whenever paid.
-- stored: table
-- key: school_id
with receipt as (
    select * from staging.charge
),

summed as (
    select
        school_id,
        pupil_id,
        billed_period,
        sum(case when kind = 'charge' then amount else -amount end) as net,
        sum(case when kind = 'charge' then amount else cast(0 as decimal(18,2)) end) as charged,
        sum(case when kind = 'refund' then amount else cast(0 as decimal(18,2)) end) as refunded,
        sum(case when kind = 'charge' then sessions_billed else -sessions_billed end) as net_sessions,
        sum(case when kind = 'charge' then sessions_billed else 0 end) as sessions_billed,
        sum(case when kind = 'charge' and amount > 0 then 1 else 0 end) as charges,
        max(case when is_poor then 1 else 0 end) as poor,
        min(class_id) as class_id,
        min(refund_requested_on) as requested_on,
        min(withdrawn_on) as withdrawn_on,
        max(case when kind = 'charge' then paid_on end) as last_charge_on,
        min(case when kind = 'refund' then paid_on end) as first_refund_on
    from receipt
    group by school_id, pupil_id, billed_period
)

select
    cast(school_id as varchar) as school_id,
    cast(pupil_id as varchar) as pupil_id,
    cast(billed_period as varchar) as month,
    cast(net as decimal(18,2)) as net,
    cast(charged as decimal(18,2)) as charged,
    cast(refunded as decimal(18,2)) as refunded,
    cast(net_sessions as bigint) as net_sessions,
    cast(sessions_billed as bigint) as sessions_billed,
    cast(charges as bigint) as charges,
    cast(poor = 1 as boolean) as is_poor,
    cast(class_id as varchar) as class_id,
    cast(requested_on as date) as requested_on,
    cast(withdrawn_on as date) as withdrawn_on,
    cast(last_charge_on as date) as last_charge_on,
    cast(first_refund_on as date) as first_refund_on
from summed
