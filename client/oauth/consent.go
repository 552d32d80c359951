package oauth

import (
	"context"
	"net/url"
	"strings"
)

// AuthCodeURL returns the address of the page where a person installs the app: they choose a location or an agency, and the page
// sends them to the app's RedirectURL with a code for [App.Exchange].
//
// state, if not empty, is sent along. Take a random text, keep it in the person's session, and refuse a redirect that brings
// another one: else anybody can have your user install an account of theirs.
//
// See https://marketplace.gohighlevel.com/docs/oauth/Authorization.
func (a *App) AuthCodeURL(state string) string {
	query := url.Values{
		"response_type": {"code"},
		"client_id":     {a.config.ClientID},
		"redirect_uri":  {a.config.RedirectURL},
		"scope":         {strings.Join(a.config.Scopes, " ")},
	}
	if state != "" {
		query.Set("state", state)
	}
	return a.consent + "/oauth/chooselocation?" + query.Encode()
}

// Exchange turns the code that the consent page sent into a credential; [Save] stores it. A code works once, and not for long: an
// error that matches [ErrReinstallRequired] says that it was used or is too old. userType says whether the app asks for a location's
// token or an agency's; empty leaves it to the API.
//
// See https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token.
func (a *App) Exchange(ctx context.Context, code string, userType UserType) (Credential, error) {
	if code == "" {
		return Credential{}, errNoCode
	}
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {code},
		"redirect_uri": {a.config.RedirectURL},
	}
	return a.requestToken(ctx, form, Credential{UserType: userType})
}

// refresh turns the refresh token of a credential into the next credential.
func (a *App) refresh(ctx context.Context, credential Credential) (Credential, error) {
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {credential.RefreshToken.Reveal()},
	}
	credential.UserType = credential.userType()
	return a.requestToken(ctx, form, credential)
}
