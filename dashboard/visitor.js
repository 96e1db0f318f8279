// Keeps a browser's secret in a cookie that no other site is sent, and reports the one that another tab kept first.
export default function ({ data, setStateValue }) {
    const found = document.cookie.match(new RegExp(`(?:^|; )${data.name}=([A-Za-z0-9_-]{43})(?:;|$)`));
    if (found) {
        if (found[1] !== data.secret) setStateValue("secret", found[1]);
        return;
    }
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${data.name}=${data.secret}; path=/; max-age=31536000; samesite=strict${secure}`;
}
