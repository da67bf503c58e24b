-- A district of the city, with its place in the schematic map.
-- stored: table
select
    cast(district_code as varchar) as district_code,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(kind as varchar) as kind,
    cast(tile_col as bigint) as tile_col,
    cast(tile_row as bigint) as tile_row
from reference.district
