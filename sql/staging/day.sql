-- A day of the calendar with the month, term and year that it lies in.
-- stored: table
select
    cast(date as date) as day,
    cast(is_school_day as boolean) as is_school_day,
    cast(substr(cast(date as varchar), 1, 7) as varchar) as month,
    cast(term as varchar) as term,
    cast(substr(cast(date as varchar), 1, 4) as varchar) as year
from reference.calendar
