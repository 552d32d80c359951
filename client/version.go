package client

// Version is the version of this module. It is part of the User-Agent header.
const Version = "0.1.0"

// apiVersion is the date that the API checks before anything else.
const apiVersion = "2021-07-28"
