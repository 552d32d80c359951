package clienttest

// App is the marketplace app whose users OAuth signs in.
type App struct {
	ClientID     string
	ClientSecret string
}

const scopeOAuth = "oauth.write"
