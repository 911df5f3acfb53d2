-- What the sky will bring: irradiation of whole days, by UTC; set as a whole, and over by itself.
CREATE TABLE forecast (
    day_ms INTEGER PRIMARY KEY,                 -- its midnight
    wh_m2  REAL    NOT NULL,
    set_ms INTEGER NOT NULL
);
