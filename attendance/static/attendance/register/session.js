// The register's page: by hand, with photos, together with others and without a connection.
import "./faces.js";
import "./byhand.js";
import "./closing.js";
import "./late.js";
import "./photos.js";
import "./toast.js";
import "./offline.js";
import "./live.js";
