-- The indicators of people that the public sees, in families: those of a family share people, and rest on the same slices. A family
-- and a month (or term) is published as one table: see marts.public_edition, which says why there are no others.
select cast('participation' as varchar) as family, cast('C03' as varchar) as indicator, cast('month' as varchar) as period_type
union all
select cast('participation' as varchar) as family, cast('C04' as varchar) as indicator, cast('month' as varchar) as period_type
union all
select cast('poor' as varchar) as family, cast('C05' as varchar) as indicator, cast('month' as varchar) as period_type
union all
select cast('survey' as varchar) as family, cast('S01' as varchar) as indicator, cast('term' as varchar) as period_type
union all
select cast('survey' as varchar) as family, cast('S04' as varchar) as indicator, cast('term' as varchar) as period_type
