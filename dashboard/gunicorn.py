"""How gunicorn serves the desk: `gunicorn --config dashboard/gunicorn.py dashboard.wsgi`."""

# Standard output. Queries hold addresses of people, and so may referrers; neither gets into a log.
accesslog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(L)ss'
