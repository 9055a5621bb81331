DATE_FORMAT = SHORT_DATE_FORMAT = "Y年n月j日"
MONTH_DAY_FORMAT = "n月j日"
TIME_FORMAT = "H:i:s T"
DATETIME_FORMAT = "Y年n月j日 H:i:s T"
SHORT_DATETIME_FORMAT = "Y年n月j日 H:i T"
# Django groups by four and with nothing between.
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
