-- An attempt's receipt number, which a clerk can quote on the phone: the same that the intake gives, derived from the id.
-- Seven letters are the last fourteen hex digits, two by two, modulo 31; the eighth checks them.
with digits as (
    select submission_id, substr(replace(submission_id, '-', ''), 19, 14) as tail from facts.submission
),

part as (
    select
        submission_id,
        ((strpos('0123456789abcdef', substr(tail, 1, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 2, 1)) - 1) % 31 as value_1,
        ((strpos('0123456789abcdef', substr(tail, 3, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 4, 1)) - 1) % 31 as value_2,
        ((strpos('0123456789abcdef', substr(tail, 5, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 6, 1)) - 1) % 31 as value_3,
        ((strpos('0123456789abcdef', substr(tail, 7, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 8, 1)) - 1) % 31 as value_4,
        ((strpos('0123456789abcdef', substr(tail, 9, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 10, 1)) - 1) % 31 as value_5,
        ((strpos('0123456789abcdef', substr(tail, 11, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 12, 1)) - 1) % 31 as value_6,
        ((strpos('0123456789abcdef', substr(tail, 13, 1)) - 1) * 16
            + strpos('0123456789abcdef', substr(tail, 14, 1)) - 1) % 31 as value_7
    from digits
)

select
    cast(submission_id as varchar) as submission_id,
    cast(concat(
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_1 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_2 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_3 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_4 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_5 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_6 + 1 as int), 1),
        substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', cast(value_7 + 1 as int), 1),
        substr(
            '23456789ABCDEFGHJKMNPQRSTUVWXYZ',
            cast((value_1 + 2 * value_2 + 3 * value_3 + 4 * value_4 + 5 * value_5 + 6 * value_6 + 7 * value_7) % 31 + 1 as int),
            1
        )
    ) as varchar) as receipt
from part
