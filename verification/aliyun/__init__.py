"""A client for the e-mail verification operations of Alibaba Cloud's Domain API. It imports no Django."""
