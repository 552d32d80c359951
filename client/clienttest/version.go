package clienttest

import (
	"net/http"
	"regexp"
	"slices"
)

var (
	versions      = []string{"2021-07-28", "2021-04-15", "2023-02-21", "v3"}
	isVersionLike = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|v\d+)$`).MatchString
)

// checkVersion looks at the Version header, which the API does before anything else.
func (s *Server) checkVersion(c *call) *answer {
	version := c.request.Header.Get("Version")
	switch {
	case version == "":
		return refuse(http.StatusUnauthorized, "version header was not found.", "")
	case slices.Contains(versions, version):
		return nil
	case isVersionLike(version):
		return refuse(http.StatusUnauthorized, "version header is invalid", "")
	default:
		return refuse(http.StatusBadRequest, "Invalid API version segment '"+version+"' at position 0", "")
	}
}
